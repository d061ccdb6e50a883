package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class OutputRowsTest {

  private static final int WIDTH = 1 << 24;

  /**
   * A prompt whose scores are asked for may want more than there is; the next step must not care.
   */
  @Test
  void rowsThatFindNoMemoryLeaveThoseOfTheNextStepTheirs() {
    int tooMany = 1 << 23; // together more than a process can address, so that nothing is tried
    try (Arena arena = Arena.ofShared();
        OutputRows rows = new OutputRows(arena, tooMany, WIDTH)) {
      for (int row = 0; row < tooMany; row++) {
        rows.add(row);
      }
      assertThatThrownBy(rows::prepare).isInstanceOf(OutOfMemoryError.class);

      rows.clear();
      rows.add(0);
      rows.prepare();
      rows.get(0, WIDTH).setAtIndex(ValueLayout.JAVA_FLOAT, 1, 0.5f);
      assertThat(rows.get(0, WIDTH).getAtIndex(ValueLayout.JAVA_FLOAT, 1)).isEqualTo(0.5f);
    }
  }
}
