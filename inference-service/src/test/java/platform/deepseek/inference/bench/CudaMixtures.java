package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

import java.util.BitSet;
import java.util.function.Supplier;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.MixtureOfExperts.Routing;
import platform.deepseek.inference.model.MixtureOfExperts.Scoring;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.runner.ExpertKernelsCheck;
import platform.deepseek.inference.runner.LatentKernelsCheck;
import platform.deepseek.inference.runner.OrtExpertsTiming;
import platform.deepseek.inference.runner.WeightFormat;

/** Kernels of latent attention and of experts by themselves: what they compute, and how fast. */
final class CudaMixtures {

  /** In fp16; elements are rounded between two products. */
  private static final double LARGEST_DIFFERENCE = 0.02;

  private final Supplier<Accelerator> accelerators;
  private final CudaPrecision precision;
  private final WeightFormat format;
  private final boolean tiny;
  private final double largestDifference;

  /**
   * @param format of experts
   */
  CudaMixtures(
      Supplier<Accelerator> accelerators,
      CudaPrecision precision,
      WeightFormat format,
      boolean tiny) {
    this.accelerators = accelerators;
    this.precision = precision;
    this.format = format;
    this.tiny = tiny;
    // bf16 has three bits fewer.
    this.largestDifference =
        precision == CudaPrecision.BF16 ? 8 * LARGEST_DIFFERENCE : LARGEST_DIFFERENCE;
  }

  /**
   * Attention over latents.
   *
   * @param heads 16 as V2-Lite has, 128 as V3
   */
  void latents(int heads, int rank, int rotary) {
    try (Device device = accelerators.get().device();
        LatentKernelsCheck check =
            new LatentKernelsCheck(device, precision, heads, rank, rotary, 6, tiny ? 96 : 4096)) {
      int[] singles = tiny ? new int[] {0, 17, 70} : new int[] {0, 14, 15, 31, 700, 4095};
      double one = check.difference(singles, new int[0][]);
      double two = check.difference(new int[0], new int[][] {{0, 0, 37}, {2, 40, 21}});
      double both = check.difference(new int[] {33, 5}, new int[][] {{3, 16, 7}});
      double lone = check.difference(new int[] {tiny ? 90 : 3333}, new int[0][]);
      say(
          "latents, %d heads, rank %d: singles %.5f, prompts %.5f, both %.5f, one alone %.5f",
          heads, rank, one, two, both, lone);
      require(
          one <= largestDifference
              && two <= largestDifference
              && both <= largestDifference
              && lone <= largestDifference,
          "attention over latents differs from float64");
    }
  }

  /** Time of attention over latents. */
  void latentTimes(int heads, double copyRate) {
    int context = tiny ? 64 : 2048;
    for (int rows : tiny ? new int[] {2} : new int[] {1, 32, 128}) {
      try (Device device = accelerators.get().device();
          LatentKernelsCheck check =
              new LatentKernelsCheck(device, precision, heads, 512, 64, rows, context)) {
        double micros = check.singleMicros(rows);
        double bytes = 576.0 * precision.bytes() * rows * context;
        say(
            "latents of %d heads, %d singles behind %,d tokens: %.1f us, reading them %.1f us",
            heads, rows, context, micros, bytes / copyRate * 1e6);
        if (rows == 1) {
          double prompt = check.promptMicros(context);
          double operations = 2.0 * heads * (576 + 512) * context * (context + 1.0) / 2;
          say(
              "latents of %d heads, a prompt of %,d tokens: %.0f us, %.0f TFLOPS",
              heads, context, prompt, operations / prompt / 1e6);
        }
      }
    }
  }

  /** Routing as V2, V3 and Qwen3 have it, and products. */
  void experts() {
    Routing greedy = new Routing(Scoring.SOFTMAX, false, 1, 1, true, 1);
    Routing limited = new Routing(Scoring.SOFTMAX, false, 8, 3, false, 16);
    Routing sigmoid = new Routing(Scoring.SIGMOID, true, 8, 4, true, 2.5f);
    experts("Qwen3's kind", greedy, 128, 8, width(2048), width(768));
    experts("V2's kind", limited, 64, 6, width(2048), width(1408));
    experts("V3's kind", sigmoid, 256, 8, width(1024), width(328));
  }

  /** Or nearly so where it has to be small, or a multiple of what quantised experts need. */
  private int width(int channels) {
    int width = tiny ? channels / 16 : channels;
    return format.quantized() ? Math.ceilDiv(width, 64) * 64 : Math.ceilDiv(width, 8) * 8;
  }

  private void experts(
      String kind, Routing routing, int experts, int chosen, int hidden, int intermediate) {
    try (Device device = accelerators.get().device();
        ExpertKernelsCheck check =
            new ExpertKernelsCheck(
                device, precision, format, routing, experts, chosen, hidden, intermediate)) {
      for (int rows : tiny ? new int[] {1, 70} : new int[] {1, 5, 128, 1000, 5000}) {
        ExpertKernelsCheck.Result result = check.check(rows);
        double shared = format.quantized() ? check.sharedDifference(rows) : 0;
        say(
            "%s experts of %s, %,d rows: %d of %,d choices differ, weights by %.6f, results by"
                + " %.5f%s%s",
            format,
            kind,
            rows,
            result.otherChoices(),
            rows * chosen,
            result.weightDifference(),
            result.difference(),
            format.quantized() ? ", of shared ones by %.5f".formatted(shared) : "",
            result.placesArePermutation() ? "" : ", PLACES ARE WRONG");
        require(
            result.placesArePermutation()
                && result.otherChoices() <= rows * chosen / 1000
                && result.difference() <= largestDifference
                && shared <= largestDifference,
            "experts differ from the host's");
      }
    }
  }

  /** The same layer by ONNX Runtime's operator, whose routing is a softmax. */
  void peerTimes() {
    int[] rows = {1, 8, 32, 128, 256, 1024, 8192};
    double[] micros =
        OrtExpertsTiming.micros(accelerators.get(), precision, 64, 6, 2048, 1408, rows);
    for (int i = 0; i < rows.length; i++) {
      double operations = 6.0 * 2048 * 1408 * rows[i] * 6;
      say(
          "com.microsoft MoE 6 of 64, %,5d rows: %.1f us, %.0f TFLOPS",
          rows[i], micros[i], operations / micros[i] / 1e6);
    }
  }

  /** Time of a layer of V2-Lite's shape. */
  void expertTimes(double copyRate) {
    Routing routing = new Routing(Scoring.SOFTMAX, false, 1, 1, false, 1);
    int hidden = tiny ? 64 : 2048;
    int intermediate = tiny ? 64 : 1408;
    MixtureOfExperts mixture = new MixtureOfExperts(64, 6, intermediate, 0, new BitSet(), routing);
    try (Device device = accelerators.get().device();
        ExpertKernelsCheck check =
            new ExpertKernelsCheck(
                device, precision, format, routing, 64, 6, hidden, intermediate)) {
      for (int rows : tiny ? new int[] {1} : new int[] {1, 8, 32, 128, 256, 1024, 8192}) {
        double[] micros = check.micros(rows);
        double operations = 6.0 * hidden * intermediate * rows * mixture.chosen();
        double ofExpert =
            CudaEngine.weightBytes(new CudaNumbers(precision, format), 3L * hidden * intermediate);
        double bytes = ofExpert * CudaEngine.touched(mixture, rows);
        say(
            "%s experts 6 of 64, %,5d rows: route %.1f, group %.1f, products %.1f, sum %.1f us;"
                + " reading their weights %.1f us, %.2f of it, %.0f TFLOPS; two shared ones %.1f"
                + " us, reading them %.1f us",
            format,
            rows,
            micros[0],
            micros[1],
            micros[2],
            micros[3],
            bytes / copyRate * 1e6,
            bytes / copyRate * 1e6 / micros[2],
            operations / micros[2] / 1e6,
            micros[4],
            2 * ofExpert / copyRate * 1e6);
      }
    }
  }
}
