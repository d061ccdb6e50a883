package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;

/** A mixture whose experts are narrower than a block of quantised weights. */
class NarrowExpertsTest {

  private static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(32, 2, 16, 1);

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    RandomMixture.writeDeepseek(folder, new RandomMixture.Shape(2, 128, 256, 4, 64, 8, 2, 24, 512));
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"INT8", "INT4", "AUTO"})
  void isRefusedWithThePrecisionThatTakesIt(Precision precision) {
    assertThatThrownBy(() -> Decoder.open(folder, precision, LIMITS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a quantised matrix needs inputs in multiples of 32, not 24; use PRECISION=fp32");
  }

  @Test
  void isServedInThatPrecision() {
    try (Decoder decoder = Decoder.open(folder, Precision.FP32, LIMITS)) {
      assertThat(token(decoder, 0, 3)).isEqualTo(token(decoder, 1, 1)).isBetween(0, 511);
    }
  }

  /** What it says after a prompt that is computed in chunks. */
  private static int token(Decoder decoder, int slot, int chunk) {
    Sequence sequence = decoder.start(slot, new int[] {1, 2, 3});
    int token = -1;
    for (int from = 0; from < 3; from += chunk) {
      boolean last = from + chunk >= 3;
      Step step = new Step(List.of(new Step.Entry(sequence, from, chunk, last, false)));
      var result = decoder.runner.start(step).await().results().getFirst();
      token = last ? result.sample().token() : token;
      sequence.advance(from + chunk);
    }
    return token;
  }
}
