package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatMatrixTest {

  private static final int INPUTS = 40;
  private static final int OUTPUTS = 19;
  private static final int ROWS = 7;
  private static final int STRIDE = 32;

  private final Random random = new Random(5);
  private final float[][] weights = random(OUTPUTS);
  private final float[][] rows = random(ROWS);

  @Test
  void productsAreRightAndDoNotDependOnTheirBatch() {
    try (Arena arena = Arena.ofConfined();
        FloatMatrix matrix =
            FloatMatrix.pack(
                INPUTS,
                OUTPUTS,
                (output, row) -> System.arraycopy(weights[output], 0, row, 0, INPUTS))) {
      MemorySegment activations = arena.allocate((long) ROWS * INPUTS * Float.BYTES, 64);
      for (int r = 0; r < ROWS; r++) {
        MemorySegment.copy(
            rows[r], 0, activations, ValueLayout.JAVA_FLOAT, 4L * r * INPUTS, INPUTS);
      }
      float[] together = multiply(arena, matrix, 0, 3, activations.address(), ROWS);
      for (int r = 0; r < ROWS; r++) {
        long row = activations.address() + 4L * r * INPUTS;
        float[] alone = multiply(arena, matrix, 0, 3, row, 1);
        float[] lastPanel = multiply(arena, matrix, 2, 1, row, 1);
        for (int n = 0; n < OUTPUTS; n++) {
          assertThat(together[r * STRIDE + n]).isEqualTo(alone[n]);
          assertThat((double) alone[n]).isCloseTo(product(rows[r], weights[n]), within(1e-5));
        }
        assertThat(lastPanel[2]).isEqualTo(alone[18]);
        assertThat(alone[OUTPUTS]).as("a column past the end").isZero();
      }
    }
  }

  @Test
  void inputsThatFitNoRegisterAreRefused() {
    assertThatThrownBy(() -> new FloatMatrix(12, 8, MemorySegment.NULL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a matrix needs inputs in multiples of 8, not 12");
  }

  private static float[] multiply(
      Arena arena, FloatMatrix matrix, int firstPanel, int panels, long rows, int count) {
    MemorySegment output = arena.allocate((long) count * STRIDE * Float.BYTES, 64);
    matrix.multiply(firstPanel, panels, rows, count, output.address(), 4L * STRIDE);
    return output.toArray(ValueLayout.JAVA_FLOAT);
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private float[][] random(int count) {
    float[][] all = new float[count][INPUTS];
    for (float[] row : all) {
      for (int i = 0; i < INPUTS; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return all;
  }
}
