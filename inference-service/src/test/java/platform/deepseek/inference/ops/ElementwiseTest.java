package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ElementwiseTest {

  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(4);

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void exponentialIsRightTo2e7OverItsRange() {
    double worst = 0;
    for (int i = 0; i < 100_000; i++) {
      float x = -87 + i * (175f / 100_000);
      double right = Math.exp(x);
      worst = Math.max(worst, Math.abs(exp(x) - right) / right);
    }
    assertThat(worst).isLessThan(2e-7);
  }

  @ParameterizedTest
  @ValueSource(floats = {-87.5f, -1000, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY})
  void exponentialOfVeryNegativeNumbersIsNearZero(float x) {
    assertThat(exp(x)).isBetween(0f, 2e-38f);
  }

  @ParameterizedTest
  @ValueSource(floats = {88.5f, 1000, Float.MAX_VALUE, Float.POSITIVE_INFINITY})
  void exponentialOfLargeNumbersStaysFinite(float x) {
    assertThat(exp(x)).isBetween(1e38f, Float.MAX_VALUE);
  }

  static IntStream lengths() {
    return IntStream.concat(IntStream.rangeClosed(1, 33), IntStream.of(64, 511, 512));
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void softmaxSumsToOneAndPadsWithZeros(int length) {
    int padded = (length + 15) / 16 * 16;
    float[] scores = Rows.gaussian(random, padded + 8);
    for (int i = 0; i < scores.length; i++) {
      // What lies past the length is of other queries: larger than all that counts.
      scores[i] = i < length ? 4 * scores[i] : 1000;
    }
    Rows row = Rows.of(arena, scores);
    Elementwise.softmax(Rows.EVERYWHERE, row.address(), length, padded);

    double[] right = new double[length];
    for (int i = 0; i < length; i++) {
      right[i] = Math.exp(scores[i]);
    }
    double sum = Arrays.stream(right).sum();
    double found = 0;
    for (int i = 0; i < length; i++) {
      assertThat((double) row.values()[i]).isCloseTo(right[i] / sum, within(3e-6 * right[i] / sum));
      found += row.values()[i];
    }
    assertThat(found).isCloseTo(1, within(1e-6));
    assertThat(Arrays.copyOfRange(row.values(), length, padded))
        .isEqualTo(new float[padded - length]);
    assertThat(Arrays.copyOfRange(row.values(), padded, padded + 8)).containsOnly(1000);
  }

  @Test
  void softmaxOfHugeScoresDoesNotOverflow() {
    Rows row = Rows.of(arena, 3e38f, -3e38f, 3e38f, 0, 0, 0, 0, 0);
    Elementwise.softmax(Rows.EVERYWHERE, row.address(), 3, 8);
    assertThat(row.values()[0]).isEqualTo(0.5f);
    assertThat(row.values()[1]).isLessThan(1e-37f);
    assertThat(row.values()[2]).isEqualTo(0.5f);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 64, 576})
  void rmsNormIsThatOfDoublePrecision(int length) {
    for (float magnitude : new float[] {1e-6f, 1, 1e6f}) {
      float[] x = Rows.gaussian(random, length);
      for (int i = 0; i < length; i++) {
        x[i] *= magnitude;
      }
      float[] gamma = Rows.gaussian(random, length);
      Rows target = Rows.zeros(arena, length);
      Elementwise.rmsNorm(
          Rows.EVERYWHERE,
          Rows.of(arena, x).address(),
          Rows.of(arena, gamma).address(),
          target.address(),
          length,
          1e-6f);
      double mean = 0;
      for (float value : x) {
        mean += (double) value * value / length;
      }
      for (int i = 0; i < length; i++) {
        double right = x[i] / Math.sqrt(mean + 1e-6f) * gamma[i];
        assertThat((double) target.values()[i]).isCloseTo(right, within(1e-6 * Math.abs(right)));
      }
    }
  }

  @Test
  void rmsNormMayWriteOverItsSource() {
    float[] x = Rows.gaussian(random, 32);
    float[] ones = new float[32];
    Arrays.fill(ones, 1);
    Rows gamma = Rows.of(arena, ones);
    Rows apart = Rows.zeros(arena, 32);
    Rows inPlace = Rows.of(arena, x);
    Elementwise.rmsNorm(
        Rows.EVERYWHERE, Rows.of(arena, x).address(), gamma.address(), apart.address(), 32, 1e-6f);
    Elementwise.rmsNorm(
        Rows.EVERYWHERE, inPlace.address(), gamma.address(), inPlace.address(), 32, 1e-6f);
    assertThat(inPlace.bits()).isEqualTo(apart.bits());
  }

  @Test
  void swiGluIsThatOfDoublePrecision() {
    int length = 4096;
    float[] gate = new float[length];
    for (int i = 0; i < length; i++) {
      gate[i] = (i - length / 2) * (160f / length);
    }
    float[] up = Rows.gaussian(random, length);
    Rows target = Rows.zeros(arena, length);
    Elementwise.swiGlu(
        Rows.EVERYWHERE,
        Rows.of(arena, gate).address(),
        Rows.of(arena, up).address(),
        target.address(),
        length);
    for (int i = 0; i < length; i++) {
      double right = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
      assertThat((double) target.values()[i]).isCloseTo(right, within(1e-6 * Math.abs(right)));
    }
  }

  private static float exp(float x) {
    return Elementwise.exp(FloatVector.broadcast(FloatVector.SPECIES_256, x)).lane(0);
  }
}
