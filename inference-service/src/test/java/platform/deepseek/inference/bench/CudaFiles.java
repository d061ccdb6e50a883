package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import platform.deepseek.inference.model.GgufOfFolder;
import platform.deepseek.inference.model.GgufOfFolder.Form;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaDecoder;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.runner.WeightFormat;
import platform.deepseek.inference.weights.DType;

/**
 * Mixtures out of GGUF files on a device. In 16 bits against golden logits of llama.cpp and of
 * transformers. Blocks of 8 and 4 bits need wider experts than those files have: there random
 * models of all kinds are written in the types that published files come in, and what is right is
 * the same file in float32 in plain Java, which reads it as stored and quantises nothing. So what
 * becomes blocks exactly has to be as near as 16 bits are.
 */
final class CudaFiles {

  /** Of logits relative to their size: what 16 bits elsewhere leave, the blocks being exact. */
  private static final double EXACT = 0.02;

  /** Where weights are rounded to 8 bits once more. */
  private static final double ROUNDED_INT8 = 0.03;

  /** Where the scales of 4 bits are rounded once more. */
  private static final double ROUNDED_INT4 = 0.1;

  private static final int[] LENGTHS = {1, 7, 16, 33, 64};
  private static final int[] FEW_LENGTHS = {1, 17};
  private static final int[] PIECES = {192, 1, 30};
  private static final CudaModelRunner.Limits LIMITS = CudaModelRunner.Limits.of(192, 8, 192);

  /** Rows of whole super-blocks, so that all types fit. */
  private static final RandomMixture.Shape SHAPE =
      new RandomMixture.Shape(3, 256, 512, 4, 256, 8, 3, 256, 512);

  /**
   * Which checkpoint becomes which file of float32 numbers. Not deepseek_v3's, whose two factors of
   * yarn's magnitude differ: a GGUF file has one.
   */
  enum Golden {
    V2("deepseek_v2", Form.HALVES),
    V2_OLD("deepseek_v2", Form.WHOLE),
    R1("deepseek_v3_fp8", Form.HALVES),
    QWEN3("qwen3_moe", Form.WHOLE);

    final String checkpoint;
    final Form form;

    Golden(String checkpoint, Form form) {
      this.checkpoint = checkpoint;
      this.form = form;
    }
  }

  /** A kind of random mixture. */
  enum Kind {
    V2,
    V3,
    QWEN3;

    void write(Path folder) throws IOException {
      switch (this) {
        case V2 -> RandomMixture.writeDeepseekV2(folder, SHAPE);
        case V3 -> RandomMixture.writeDeepseek(folder, SHAPE);
        case QWEN3 -> RandomMixture.writeQwen(folder, SHAPE);
      }
    }
  }

  /** What a file holds, what it becomes on the device, and how near that has to be. */
  enum Stored {
    F16(WeightFormat.PUBLISHED, EXACT),
    Q8_0(WeightFormat.INT8, EXACT),
    Q6_K(WeightFormat.INT8, ROUNDED_INT8),
    Q4_0(WeightFormat.INT4, EXACT),
    Q4_K(WeightFormat.INT4, ROUNDED_INT4),
    /** As published files of 4 bits are: with finer halves, ups and downs in places. */
    MIXED(WeightFormat.INT8, ROUNDED_INT8);

    final WeightFormat becomes;
    final double most;

    Stored(WeightFormat becomes, double most) {
      this.becomes = becomes;
      this.most = most;
    }

    private DType type(WeightRole role, int layer) {
      return this == MIXED ? mixed(role, layer) : DType.valueOf(name());
    }

    private static DType mixed(WeightRole role, int layer) {
      return switch (role) {
        case EXPERT_UP -> layer == 1 ? DType.Q6_K : DType.Q4_K;
        case EXPERT_DOWN, V_B -> DType.Q8_0;
        case HEAD, V -> DType.Q6_K;
        default -> DType.Q4_K;
      };
    }
  }

  private final CudaNumerics numerics;
  private final Path fixtures;
  private final Path scratch;
  private final Supplier<Accelerator> accelerators;
  private final CudaPrecision precision;
  private final int[] lengths;

  /**
   * @param scratch where files are written
   * @param precision of what is not in blocks; in float32 the device is the processor, and prompts
   *     are few
   */
  CudaFiles(
      CudaNumerics numerics,
      Path fixtures,
      Path scratch,
      Supplier<Accelerator> accelerators,
      CudaPrecision precision) {
    this.numerics = numerics;
    this.fixtures = fixtures;
    this.scratch = scratch;
    this.accelerators = accelerators;
    this.precision = precision;
    this.lengths = precision == CudaPrecision.FP32 ? FEW_LENGTHS : LENGTHS;
  }

  /** A file of the fixtures, against llama.cpp's logits. */
  void golden(String name) throws IOException {
    Path folder = fixtures.resolve("gguf");
    numerics.golden(
        folder.resolve(name + ".gguf"), folder.resolve(name + ".golden.json"), precision);
  }

  /** A file made of a checkpoint, against the logits that transformers has of the checkpoint. */
  void golden(Golden golden) throws IOException {
    Path folder = fixtures.resolve("models").resolve(golden.checkpoint);
    Files.createDirectories(scratch);
    Path file = scratch.resolve(golden + ".gguf");
    GgufOfFolder.of(folder).form(golden.form).write(file);
    numerics.golden(file, folder.resolve("golden.json"), precision);
  }

  /** A random mixture of a kind in a type, in the blocks that the type becomes. */
  void blocks(Kind kind, Stored stored) throws IOException {
    Path folder = scratch.resolve("random-" + kind);
    if (!Files.exists(folder)) {
      kind.write(folder);
    }
    Path file = scratch.resolve(kind + "-" + stored + ".gguf");
    GgufOfFolder.of(folder).types(stored::type).write(file);
    CudaNumbers numbers = new CudaNumbers(precision, stored.becomes);
    List<Double> noises = new ArrayList<>();
    String weights;
    try (CudaDecoder right =
            CudaDecoder.open(file, CudaPrecision.FP32, LIMITS, CudaCheck.processor());
        CudaDecoder found = CudaDecoder.open(file, numbers, LIMITS, accelerators.get())) {
      weights = found.weights();
      found.runner().warmUp();
      for (int length : lengths) {
        int[] prompt = new Random(length).ints(length, 0, SHAPE.vocabulary()).toArray();
        float[] reference = right.lastLogits(0, prompt, LIMITS.maxRows());
        int slot = 0;
        for (int piece : PIECES) {
          noises.add(CudaNumerics.noise(found.lastLogits(slot++, prompt, piece), reference));
        }
      }
    }
    Files.delete(file);
    long near = noises.stream().filter(noise -> noise <= stored.most).count();
    say(
        "%s of %s's kind: %s; logits off by %.4f of their size at most, by %.4f in the middle;"
            + " %d of %d within %.2f",
        stored,
        kind,
        weights,
        noises.stream().mapToDouble(n -> n).max().orElseThrow(),
        noises.stream().sorted().skip(noises.size() / 2).findFirst().orElseThrow(),
        near,
        noises.size(),
        stored.most);
    requireNamed(weights, stored.becomes);
    // Random experts are nearly equal to choose from: rounding may take another one here and there.
    require(4 * near >= 3L * noises.size(), "only %d of %d are near", near, noises.size());
  }

  /** The log must say what lies on the device. */
  private static void requireNamed(String weights, WeightFormat format) {
    String said =
        switch (format) {
          case PUBLISHED -> "weights in ";
          case INT8 -> "experts in blocks of 8 bits, ";
          case INT4 -> "experts in blocks of 4 bits, ";
        };
    require(weights.startsWith(said), "the log says \"%s\" of %s", weights, format);
  }
}
