package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CudaBatchTest {

  private final HostDevice device = new HostDevice();
  private final Arena arena = Arena.ofShared();
  private final CudaBatch batch = new CudaBatch(arena, device, 6, 2);

  @AfterEach
  void closes() {
    batch.close();
    arena.close();
    assertThat(device.allocations()).isZero();
  }

  @Test
  void rowsWishesAndTilesArriveWhereTheKernelsLook() {
    batch.begin();
    batch.want(batch.row(CudaBatch.PENDING, 4, 70));
    batch.endSingles();
    for (int i = 0; i < 3; i++) {
      batch.row(100 + i, 2, 16 + i);
    }
    batch.tiles(List.of(new PromptTile(1, 3, 2, 16)), true);
    assertThat(batch.want(3)).isEqualTo(1);
    assertThat(batch.wantHidden(2)).isZero();
    batch.upload();

    assertThat(batch.rows()).isEqualTo(4);
    assertThat(batch.singles()).isEqualTo(1);
    assertThat(ints(batch.idsAddress(), 4)).containsExactly(-1, 100, 101, 102);
    assertThat(ints(batch.slotsAddress(), 4)).containsExactly(4, 2, 2, 2);
    assertThat(ints(batch.positionsAddress(), 4)).containsExactly(70, 16, 17, 18);
    assertThat(ints(batch.wantedAddress(), batch.wanted())).containsExactly(0, 3);
    assertThat(ints(batch.hiddenAddress(), batch.hidden())).containsExactly(2);
    assertThat(ints(batch.tilesAddress(), 4 * batch.tileCount())).containsExactly(1, 3, 2, 16);
  }

  @Test
  void theNextStepIsWrittenBesideTheOneThatIsStillToBeCopied() {
    batch.begin();
    batch.row(1, 0, 0);
    batch.upload();
    batch.begin();
    batch.row(2, 0, 1);
    assertThat(ints(batch.idsAddress(), 1)).containsExactly(1);
    batch.upload();
    assertThat(ints(batch.idsAddress(), 1)).containsExactly(2);
    assertThat(batch.rows()).isEqualTo(1);
  }

  @Test
  void aRunThatWantsNothingReadsItsFirstRow() {
    batch.begin();
    batch.row(1, 0, 0);
    batch.want(batch.row(1, 0, 1));
    batch.upload();
    for (int i = 0; i < 2; i++) {
      batch.begin();
      batch.row(1, 0, 2);
      batch.upload();
    }
    assertThat(batch.wanted()).isZero();
    assertThat(ints(batch.wantedAddress(), 1)).containsExactly(0);
  }

  @Test
  void moreRowsThanThereIsRoomForAreRefused() {
    batch.begin();
    for (int i = 0; i < 6; i++) {
      batch.row(0, 0, i);
    }
    assertThatThrownBy(() -> batch.row(0, 0, 6)).hasMessageContaining("more than 6 rows");
  }

  private static int[] ints(long address, int count) {
    return HostDevice.memory(address, 4L * count).toArray(ValueLayout.JAVA_INT);
  }
}
