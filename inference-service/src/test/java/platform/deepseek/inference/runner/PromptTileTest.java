package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PromptTileTest {

  @Test
  void piecesAreCutAndTheLongestTilesComeFirst() {
    List<PromptTile> tiles =
        PromptTile.cut(List.of(new PromptTile(2, 5, 7, 0), new PromptTile(7, 3, 4, 100)), 2);

    assertThat(tiles)
        .containsExactly(
            new PromptTile(9, 1, 4, 102),
            new PromptTile(7, 2, 4, 100),
            new PromptTile(6, 1, 7, 4),
            new PromptTile(4, 2, 7, 2),
            new PromptTile(2, 2, 7, 0));
  }

  @Test
  void everyTokenIsInOneTileWhateverThePieces() {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      int[] slotOfRow = new int[400];
      int[] positionOfRow = new int[400];
      int rows = 0;
      List<PromptTile> pieces = new ArrayList<>();
      for (int slot = 0; slot < 4; slot++) {
        var piece = new PromptTile(rows, 1 + random.nextInt(100), slot, random.nextInt(1000));
        pieces.add(piece);
        for (int i = 0; i < piece.rowCount(); i++) {
          slotOfRow[rows] = slot;
          positionOfRow[rows++] = piece.firstPosition() + i;
        }
      }
      int tokens = 1 + random.nextInt(32);
      int[] seen = new int[rows];
      int last = Integer.MAX_VALUE;
      for (PromptTile tile : PromptTile.cut(pieces, tokens)) {
        assertThat(tile.rowCount()).isBetween(1, tokens);
        assertThat(tile.end()).isLessThanOrEqualTo(last);
        last = tile.end();
        for (int i = 0; i < tile.rowCount(); i++) {
          int row = tile.firstRow() + i;
          seen[row]++;
          assertThat(tile.slot()).isEqualTo(slotOfRow[row]);
          assertThat(tile.firstPosition() + i).isEqualTo(positionOfRow[row]);
        }
      }
      assertThat(seen).containsOnly(1);
    }
  }

  @Test
  void aTileIsFourIntegersInTheKernelsOrder() {
    MemorySegment memory = MemorySegment.ofArray(new int[8]);

    new PromptTile(1, 2, 3, 4).write(memory, 1);

    assertThat(memory.toArray(ValueLayout.JAVA_INT)).containsExactly(0, 0, 0, 0, 1, 2, 3, 4);
    assertThat(PromptTile.BYTES).isEqualTo(4 * Integer.BYTES);
  }
}
