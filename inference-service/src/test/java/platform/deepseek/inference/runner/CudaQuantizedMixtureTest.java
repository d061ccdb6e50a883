package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.runner.reference.ReferenceDevice;

/**
 * Experts in 8 and 4 bits in the GPU's graph, on the processor: the operators and layouts of a GPU
 * with plain Java kernels, on random weights, which have nothing to make up for noise.
 */
class CudaQuantizedMixtureTest {

  private static final float TOLERANCE = 1e-3f;
  private static final CudaModelRunner.Limits LIMITS = CudaModelRunner.Limits.of(224, 4, 224);

  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    RandomMixture.writeDeepseek(folder.resolve("deepseek"), RandomMixture.Shape.TINY);
    RandomMixture.writeQwen(folder.resolve("qwen"), RandomMixture.Shape.TINY);
  }

  private static CudaDecoder open(String model, WeightFormat format, HostDevice device) {
    return CudaDecoder.open(
        folder.resolve(model),
        new CudaNumbers(CudaPrecision.FP32, format),
        LIMITS,
        device.accelerator());
  }

  private static int[] prompt(int tokens) {
    return new Random(tokens).ints(tokens, 0, 500).toArray();
  }

  /** The bounds are those of the processor's own precisions, which quantise attention as well. */
  @ParameterizedTest
  @CsvSource({
    "deepseek, INT8, 0.02",
    "qwen, INT8, 0.02",
    "deepseek, INT4, 0.25",
    "qwen, INT4, 0.25"
  })
  void logitsAreNearThoseOfFloat32AndOfTheProcessor(
      String model, WeightFormat format, double most) {
    int[] ids = prompt(40);
    float[] found = logits(model, format, ids);
    assertThat(noise(found, logits(model, WeightFormat.PUBLISHED, ids))).isBetween(1e-5, most);

    Precision same = Precision.valueOf(format.name());
    var limits = new CpuModelRunner.Limits(64, 2, 64, 2);
    try (Decoder processor = Decoder.open(folder.resolve(model), same, limits)) {
      assertThat(noise(found, processor.lastLogits(ids))).isBetween(1e-5, most);
    }
  }

  private static float[] logits(String model, WeightFormat format, int[] ids) {
    try (CudaDecoder decoder = open(model, format, ReferenceDevice.create())) {
      return decoder.lastLogits(0, ids, 224);
    }
  }

  /** The root of the mean square of differences, relative to that of what is right. */
  private static double noise(float[] found, float[] right) {
    double differences = 0;
    double squares = 0;
    for (int i = 0; i < found.length; i++) {
      differences += Math.pow(found[i] - right[i], 2);
      squares += Math.pow(right[i], 2);
    }
    return Math.sqrt(differences / squares);
  }

  /** Small and larger tiles, and experts that all rows use: the same weights, the same numbers. */
  @ParameterizedTest
  @CsvSource({"deepseek, INT8", "deepseek, INT4", "qwen, INT8", "qwen, INT4"})
  void promptsSinglesAndMixedStepsAgree(String model, WeightFormat format) {
    int[] ids = prompt(200);
    HostDevice device = ReferenceDevice.create();
    try (CudaDecoder decoder = open(model, format, device)) {
      float[] whole = decoder.lastLogits(0, ids, 224);
      assertThat(device.launches(format.prefix + "expert_gate_up_16")).isZero();
      assertThat(decoder.lastLogits(1, ids, 60)).containsExactly(whole, within(TOLERANCE));

      Sequence running = decoder.start(3, Arrays.copyOf(ids, ids.length));
      decoder.step(List.of(new Step.Entry(running, 0, ids.length - 1, false, false)));
      decoder.step(
          List.of(
              new Step.Entry(running, ids.length - 1, 1, true, false),
              new Step.Entry(decoder.start(2, prompt(50)), 0, 50, true, false)));
      assertThat(decoder.logits(0)).containsExactly(whole, within(TOLERANCE));

      // The same as a recorded step.
      decoder.runner().warmUp();
      Sequence alone = decoder.start(2, ids);
      decoder.step(List.of(new Step.Entry(alone, 0, ids.length - 1, false, false)));
      decoder.step(List.of(new Step.Entry(alone, ids.length - 1, 1, true, false)));
      assertThat(device.launchedGraphs()).isPositive();
      assertThat(decoder.logits(0)).containsExactly(whole, within(TOLERANCE));
    }
    assertThat(device.launches(format.prefix + "expert_down_16")).isPositive();
    assertThat(device.launches(format.prefix + "expert_down_64")).isPositive();
    assertThat(device.launches(format.prefix + "dequantize")).isZero();
    assertThat(device.launches("expert_gate_up_16")).isZero();
  }

  @Test
  void closingGivesAllMemoryBack() {
    HostDevice device = ReferenceDevice.create();
    open("deepseek", WeightFormat.INT8, device).close();
    assertThat(device.allocations()).isZero();
    assertThat(device.open()).isZero();
    assertThat(device.reservations()).isZero();
  }
}
