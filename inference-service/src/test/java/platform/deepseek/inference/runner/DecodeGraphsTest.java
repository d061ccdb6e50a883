package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodeGraphsTest {

  private final HostDevice device = new HostDevice();
  private final List<Integer> runs = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 2",
    "3, 4",
    "5, 8",
    "8, 8",
    "9, 16",
    "17, 24",
    "33, 40",
    "64, 64",
    "65, 72",
    "100, 104",
    "129, 144",
    "200, 208",
    "256, 256",
    "257, 288"
  })
  void aBatchTakesTheNextSizeOfTheLadder(int sequences, int rows) {
    assertThat(new DecodeGraphs(device, 512).rows(sequences)).isEqualTo(rows);
  }

  @Test
  void everySizeHasRoomAndFewIdleRowsAndIsItsOwnSize() {
    DecodeGraphs graphs = new DecodeGraphs(device, 512);
    for (int sequences = 1; sequences <= 512; sequences++) {
      int rows = graphs.rows(sequences);
      assertThat(rows).isGreaterThanOrEqualTo(sequences);
      assertThat(graphs.rows(rows)).as("of %d", rows).isEqualTo(rows);
      assertThat(rows - sequences).isLessThanOrEqualTo(Math.max(7, sequences / 8));
    }
    assertThat(IntStream.rangeClosed(1, 512).map(graphs::rows).distinct().count()).isEqualTo(35);
  }

  @Test
  void noRunIsLargerThanTheLargest() {
    assertThat(new DecodeGraphs(device, 100).rows(98)).isEqualTo(100);
    assertThat(new DecodeGraphs(device, 3).rows(3)).isEqualTo(3);
  }

  @Test
  void theFirstRunOfASizeIsRecordedAndLaterOnesAreReplays() {
    try (DecodeGraphs graphs = new DecodeGraphs(device, 64)) {
      graphs.run(8, runs::add);
      assertThat(device.launchedGraphs()).isZero();
      graphs.run(8, runs::add);
      graphs.run(8, runs::add);
      graphs.run(16, runs::add);
      assertThat(device.launchedGraphs()).isEqualTo(2);
      assertThat(runs).containsExactly(8, 8, 8, 16);
      assertThat(graphs.recordings()).isEqualTo(2);
    }
    assertThat(device.open()).isZero();
  }

  @Test
  void allSizesAreRecordedAtOnceEachPreparedBefore() {
    List<Integer> prepared = new ArrayList<>();
    try (DecodeGraphs graphs = new DecodeGraphs(device, 20)) {
      graphs.recordAll(prepared::add, runs::add);
      assertThat(prepared).containsExactly(1, 2, 4, 8, 16, 20);
      assertThat(runs).containsExactly(1, 2, 4, 8, 16, 20);
      assertThat(graphs.recordings()).isEqualTo(6);
      graphs.run(4, runs::add);
      assertThat(runs).hasSize(7);
      assertThat(device.launchedGraphs()).isEqualTo(1);
    }
    assertThat(device.open()).isZero();
  }

  @Test
  void withoutMemoryRecordingsAreGivenBackAndRunsGoOn() {
    try (DecodeGraphs graphs = new DecodeGraphs(device, 64)) {
      graphs.run(8, runs::add);
      device.captureFails();
      graphs.run(16, runs::add);
      assertThat(graphs.recordings()).isZero();
      graphs.run(8, runs::add);
      assertThat(runs).containsExactly(8, 16, 8);
      assertThat(device.open()).isZero();
    }
  }
}
