package platform.deepseek.inference.runner;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Neighbouring rows of a run that are neighbouring tokens of one slot: a piece of a prompt, or the
 * part of it that one block of the attention kernel takes.
 *
 * @param firstRow of the run
 * @param rowCount tokens
 * @param slot whose positions they attend to
 * @param firstPosition of the first token; it attends to positions 0 to this
 */
record PromptTile(int firstRow, int rowCount, int slot, int firstPosition) {

  /** Bytes of a tile as the kernel reads it: four int32. */
  static final int BYTES = 4 * Integer.BYTES;

  /**
   * Cuts pieces into tiles, those with the most positions to attend to first: blocks start in this
   * order, and long ones that start last would keep the device waiting.
   *
   * @param tokens of a tile at most
   */
  static List<PromptTile> cut(List<PromptTile> pieces, int tokens) {
    List<PromptTile> tiles = new ArrayList<>();
    for (PromptTile piece : pieces) {
      for (int at = 0; at < piece.rowCount; at += tokens) {
        tiles.add(
            new PromptTile(
                piece.firstRow + at,
                Math.min(tokens, piece.rowCount - at),
                piece.slot,
                piece.firstPosition + at));
      }
    }
    tiles.sort(Comparator.comparingInt(PromptTile::end).reversed());
    return tiles;
  }

  /** Positions that its last token attends to. */
  int end() {
    return firstPosition + rowCount;
  }

  /** Writes the tile as the kernel reads it. */
  void write(MemorySegment tiles, int index) {
    int at = 4 * index;
    tiles.setAtIndex(ValueLayout.JAVA_INT, at, firstRow);
    tiles.setAtIndex(ValueLayout.JAVA_INT, at + 1L, rowCount);
    tiles.setAtIndex(ValueLayout.JAVA_INT, at + 2L, slot);
    tiles.setAtIndex(ValueLayout.JAVA_INT, at + 3L, firstPosition);
  }
}
