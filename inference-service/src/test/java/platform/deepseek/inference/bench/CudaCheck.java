package platform.deepseek.inference.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import platform.deepseek.inference.bench.CudaSpeed.Plan;
import platform.deepseek.inference.bench.CudaSpeed.Prefill;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.GpuReading;
import platform.deepseek.inference.cuda.Nvml;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.runner.WeightFormat;
import platform.deepseek.inference.runner.reference.ReferenceDevice;

/**
 * One report of the engine on a GPU: what it computes, how fast, in what memory.
 *
 * <p>Arguments: {@link Options#parse}. Every part stands alone: one that fails is reported and the
 * next goes on. Exit status 1 when a part failed or could not begin in time.
 */
public final class CudaCheck {

  private static final int GPU = 0;
  private static final List<String> FOLDERS =
      List.of("qwen2_tied", "qwen2_untied", "qwen2_bf16", "qwen2_sharded", "qwen3", "llama3_rope");
  private static final List<String> MIXTURES =
      List.of("qwen3_moe", "deepseek_v2", "deepseek_v3", "deepseek_v3_fp8");
  private static final List<String> FILES = List.of("tiny_llama_mixed", "tiny_qwen2_q8_0");

  private static final List<String> MIXTURE_FILES =
      List.of("tiny_deepseek2_lite", "tiny_deepseek2_v3", "tiny_qwen3moe");

  /** Answers of a mixture that may part from others at large margins: {@link CudaSoak} says why. */
  private static final int MOST_CERTAIN = 2;

  /** By how many percent perplexity may rise. */
  private static final Map<WeightFormat, Double> QUANTISED =
      new EnumMap<>(Map.of(WeightFormat.INT8, 0.5, WeightFormat.INT4, 1.0));

  /** What is asked of a GPU. */
  private static final Plan LARGE =
      new Plan(
          512,
          128,
          List.of(1, 8, 32, 64, 128, 256),
          List.of(
              new Prefill(1, 512),
              new Prefill(1, 4096),
              new Prefill(16, 512),
              new Prefill(32, 512)),
          6);

  /** Enough to see that the report works. */
  private static final Plan SMALL =
      new Plan(32, 12, List.of(1, 4), List.of(new Prefill(1, 32), new Prefill(3, 32)), 2);

  private final Options options;
  private final long begun = System.nanoTime();
  private final Supplier<Accelerator> accelerators;
  private final List<CudaPrecision> precisions;
  private final CudaNumerics numerics;
  private Path random;
  private Path mixture;
  private int failures;

  private CudaCheck(Options options) {
    this.options = options;
    this.accelerators = options.processor() ? CudaCheck::processor : () -> Accelerator.cuda(GPU);
    this.precisions =
        options.processor()
            ? List.of(CudaPrecision.FP32)
            : List.of(CudaPrecision.FP16, CudaPrecision.BF16);
    this.numerics = new CudaNumerics(options.fixtures(), accelerators, options.processor());
  }

  public static void main(String[] args) {
    CudaCheck check = new CudaCheck(Options.parse(args));
    for (Options.Part part : Options.Part.values()) {
      if (check.options.parts().contains(part)) {
        check.all(part);
      }
    }
    say("%s: %d parts failed", check.failures == 0 ? "PASSED" : "FAILED", check.failures);
    System.exit(check.failures == 0 ? 0 : 1);
  }

  /** The processor as a device, with every kernel in plain Java. */
  static Accelerator processor() {
    return ReferenceDevice.create().accelerator();
  }

  /** A piece of the report that can fail by itself. */
  private interface Piece {
    void run() throws Exception;
  }

  private void all(Options.Part part) {
    switch (part) {
      case DEVICE -> piece("device", this::device);
      case NUMERICS -> numerics();
      case MIXTURES -> mixtures();
      case GGUF -> files();
      case SAMPLING ->
          piece("sampling", () -> new CudaSampling(accelerators, options.processor()).check());
      case SPEED -> {
        piece("SmolLM2 speed", () -> speed(options.smollm2(), plan()));
        piece("random 1.5B speed", () -> speed(random(), plan()));
      }
      case MEMORY -> piece("memory of mixed sequences", this::memory);
      case PREEMPTION -> preemption();
      case SOAK -> {
        piece("mixed load", this::soak);
        boolean tiny = options.processor();
        // Experts and latents of real width; and best tokens that are clearly the best.
        piece("mixed load, mixture", () -> soak(mixture(), tiny ? 4 : 128, tiny ? 64 : 1536));
        piece("mixed load, deepseek_v2", () -> soak(latents(), tiny ? 4 : 32, tiny ? 64 : 192));
      }
      case FAULTS -> faults();
    }
  }

  private void numerics() {
    for (CudaPrecision precision : precisions) {
      for (String name : FOLDERS) {
        Path folder = options.fixtures().resolve("models").resolve(name);
        piece(
            precision + " " + name,
            () -> numerics.golden(folder, folder.resolve("golden.json"), precision));
      }
      for (String name : FILES) {
        Path folder = options.fixtures().resolve("gguf");
        piece(
            precision + " " + name,
            () ->
                numerics.golden(
                    folder.resolve(name + ".gguf"),
                    folder.resolve(name + ".golden.json"),
                    precision));
      }
      piece(precision + " SmolLM2", () -> numerics.smollm2(options.smollm2(), precision));
    }
    QUANTISED.forEach(
        (format, mostPercent) -> {
          CudaNumbers numbers = new CudaNumbers(precisions.getFirst(), format);
          piece(
              numbers + " SmolLM2",
              () -> numerics.quantised(options.smollm2(), numbers, mostPercent));
        });
  }

  private void mixtures() {
    CudaMixtures kernels = mixtures(precisions.getFirst(), WeightFormat.PUBLISHED);
    piece("latents, 4 heads", () -> kernels.latents(4, 32, 16));
    if (!options.processor()) {
      piece("latents, 16 heads", () -> kernels.latents(16, 512, 64));
      piece("latents, 128 heads", () -> kernels.latents(128, 512, 64));
    }
    piece("experts", kernels::experts);
    for (WeightFormat format : QUANTISED.keySet()) {
      piece(format + " experts", mixtures(precisions.getFirst(), format)::experts);
    }
    if (!options.processor()) {
      CudaMixtures rounded = mixtures(CudaPrecision.BF16, WeightFormat.PUBLISHED);
      piece("BF16 latents, 16 heads", () -> rounded.latents(16, 512, 64));
      piece("BF16 experts", rounded::experts);
      for (WeightFormat format : QUANTISED.keySet()) {
        piece("BF16 " + format + " experts", mixtures(CudaPrecision.BF16, format)::experts);
      }
    }
    for (CudaPrecision precision : precisions) {
      for (String name : MIXTURES) {
        Path folder = options.fixtures().resolve("models").resolve(name);
        Path golden = folder.resolve("golden.json");
        if (precision == CudaPrecision.BF16) {
          piece("BF16 " + name, () -> numerics.roundedMixture(folder, golden));
        } else {
          piece(precision + " " + name, () -> numerics.golden(folder, golden, precision));
        }
      }
    }
    for (String kind : new String[] {"deepseek", "qwen"}) {
      for (WeightFormat format : WeightFormat.values()) {
        piece(format + " random " + kind, () -> numerics.mixture(tinyMixture(kind), format));
      }
    }
    for (WeightFormat format : WeightFormat.values()) {
      piece(
          "times of " + format + " experts",
          () -> mixtures(precisions.getFirst(), format).expertTimes(copyRate()));
    }
    if (!options.processor()) {
      piece("times of ONNX Runtime's experts", kernels::peerTimes);
    }
    piece("times of latents, 16 heads", () -> kernels.latentTimes(16, copyRate()));
    piece("times of latents, 128 heads", () -> kernels.latentTimes(128, copyRate()));
    for (WeightFormat format : WeightFormat.values()) {
      CudaNumbers numbers = new CudaNumbers(precisions.getFirst(), format);
      piece(numbers + " random mixture speed", () -> speed(mixture(), numbers, mixturePlan()));
    }
  }

  private void files() {
    CudaFiles files =
        new CudaFiles(
            numerics,
            options.fixtures(),
            options.scratch().resolve("random-model/gguf"),
            accelerators,
            precisions.getFirst());
    for (String name : MIXTURE_FILES) {
      piece(precisions.getFirst() + " " + name, () -> files.golden(name));
    }
    for (CudaFiles.Golden golden : CudaFiles.Golden.values()) {
      piece(precisions.getFirst() + " GGUF of " + golden, () -> files.golden(golden));
    }
    for (CudaFiles.Kind kind : CudaFiles.Kind.values()) {
      for (CudaFiles.Stored stored : CudaFiles.Stored.values()) {
        piece("GGUF " + stored + " " + kind, () -> files.blocks(kind, stored));
      }
    }
  }

  private CudaMixtures mixtures(CudaPrecision precision, WeightFormat format) {
    return new CudaMixtures(accelerators, precision, format, options.processor());
  }

  /** So small that the processor computes it in no time. */
  private Path tinyMixture(String kind) throws IOException {
    Path folder = options.scratch().resolve("random-model/tiny-" + kind);
    if (kind.equals("qwen")) {
      RandomMixture.writeQwen(folder, RandomMixture.Shape.TINY);
    } else {
      RandomMixture.writeDeepseek(folder, RandomMixture.Shape.TINY);
    }
    return folder;
  }

  private Plan mixturePlan() {
    return options.processor()
        ? SMALL
        : new Plan(
            512, 64, List.of(1, 32, 128), List.of(new Prefill(1, 512), new Prefill(16, 512)), 3);
  }

  /** The random mixture, written when it is first wanted. */
  private Path mixture() throws IOException {
    if (mixture == null) {
      long from = System.nanoTime();
      Path folder = options.scratch().resolve("random-model/mixture");
      RandomMixture.writeDeepseek(
          folder,
          options.processor()
              ? RandomMixture.Shape.TINY
              : new RandomMixture.Shape(5, 2048, 10_944, 16, 512, 64, 6, 1408, 32_768));
      say("random mixture written in %.1f s", (System.nanoTime() - from) / 1e9);
      mixture = folder;
    }
    return mixture;
  }

  private Plan plan() {
    return options.processor() ? SMALL : LARGE;
  }

  /** The random model, written when it is first wanted. */
  private Path random() throws IOException {
    if (random == null) {
      long from = System.nanoTime();
      Path folder = options.scratch().resolve("random-model");
      RandomModel.write(
          folder, options.processor() ? RandomModel.Shape.TINY : RandomModel.Shape.QWEN_1_5B);
      say("random model written in %.1f s", (System.nanoTime() - from) / 1e9);
      random = folder;
    }
    return random;
  }

  private CudaEngine open(Path model, int context, int batch, boolean prefixReuse) {
    return open(model, CudaNumbers.published(precisions.getFirst()), context, batch, prefixReuse);
  }

  private CudaEngine open(
      Path model, CudaNumbers numbers, int context, int batch, boolean prefixReuse) {
    int tokensPerStep = options.processor() ? 64 : 8192;
    return CudaEngine.open(
        model,
        numbers,
        accelerators,
        new CudaEngine.Size(context, batch, tokensPerStep),
        prefixReuse);
  }

  private void speed(Path folder, Plan plan) throws InterruptedException {
    speed(folder, CudaNumbers.published(precisions.getFirst()), plan);
  }

  private void speed(Path folder, CudaNumbers numbers, Plan plan) throws InterruptedException {
    double copyRate = copyRate();
    int batch = plan.batches().getLast();
    try (CudaEngine model = open(folder, numbers, plan.context(), batch, false)) {
      CudaSpeed.measure(model, plan, copyRate);
    }
  }

  private void memory() throws IOException, InterruptedException {
    int sequences = options.processor() ? 12 : 200;
    int longest = options.processor() ? 96 : 2048;
    double secondsToFree = options.processor() ? 60 : 1; // a processor has other work too
    try (CudaEngine model = open(random(), longest, sequences, false)) {
      CudaMemory.measure(model, sequences, longest, secondsToFree);
    }
  }

  private void soak() throws IOException, InterruptedException {
    int clients = options.processor() ? 6 : 192;
    int longest = options.processor() ? 64 : 1536;
    try (CudaEngine model = open(options.smollm2(), longest, options.processor() ? 4 : 128, true)) {
      new CudaSoak(model, numerics.texts(), clients, longest, 0).run(options.soakSeconds());
    }
  }

  /** A mixture, a third of the time. */
  private void soak(Path mixture, int batch, int longest) throws IOException, InterruptedException {
    try (CudaEngine model = open(mixture, longest, batch, true)) {
      List<int[]> texts = Load.randomTexts(model.vocabulary());
      new CudaSoak(model, texts, batch * 3 / 2, longest, MOST_CERTAIN)
          .run(options.soakSeconds() / 3.0);
    }
  }

  private Path latents() {
    return options.fixtures().resolve("models/deepseek_v2");
  }

  private void preemption() {
    if (options.processor()) {
      Path dense = options.fixtures().resolve("models/qwen3");
      piece("preemption, qwen3", () -> preempt(dense, Load.randomTexts(256), 8, 96, 32, 0));
      piece(
          "preemption, deepseek_v2",
          () -> preempt(latents(), Load.randomTexts(512), 8, 96, 32, MOST_CERTAIN));
      return;
    }
    piece(
        "preemption, SmolLM2", () -> preempt(options.smollm2(), numerics.texts(), 48, 512, 160, 0));
    piece(
        "preemption, deepseek_v2",
        () -> preempt(latents(), Load.randomTexts(512), 32, 224, 96, MOST_CERTAIN));
    piece(
        "preemption, random mixture",
        () -> preempt(mixture(), Load.randomTexts(4096), 32, 1536, 128, MOST_CERTAIN));
  }

  /**
   * @param longest tokens of a sequence, its answer included
   */
  private void preempt(
      Path model, List<int[]> texts, int sequences, int longest, int answer, int mostCertain)
      throws InterruptedException {
    List<int[]> prompts = CudaPreemption.prompts(texts, sequences, longest - answer);
    long pageBytes;
    try (Device device = accelerators.get().device()) {
      pageBytes = device.pageBytes();
    }
    CudaNumbers numbers = CudaNumbers.published(precisions.getFirst());
    new CudaPreemption(
            (size, prefixReuse) -> CudaEngine.open(model, numbers, accelerators, size, prefixReuse),
            prompts,
            answer,
            options.processor() ? 64 : 8192,
            pageBytes,
            mostCertain)
        .run();
  }

  private void faults() {
    if (options.processor()) {
      say("faults need a GPU's own");
      return;
    }
    piece(
        "memory that runs out",
        () -> {
          try (CudaEngine model = open(random(), 2048, 128, false);
              Device other = accelerators.get().device()) {
            CudaFaults.memory(model, other, 96, 2048);
          }
        });
    // Nothing is closed: calls of a broken device fail, or never return.
    piece(
        "a device that breaks",
        () ->
            CudaFaults.loss(open(options.smollm2(), 2048, 16, false), accelerators.get().device()));
  }

  private void piece(String name, Piece piece) {
    double now = (System.nanoTime() - begun) / 1e9;
    if (now > options.seconds()) {
      failures++;
      say("%-28s NOT RUN: %.0f s are over", name, now);
      return;
    }
    long from = System.nanoTime();
    try {
      piece.run();
      say("%-28s ok, %.1f s", name, (System.nanoTime() - from) / 1e9);
    } catch (Exception | Error failure) {
      failures++;
      say("%-28s FAILED, %.1f s", name, (System.nanoTime() - from) / 1e9);
      failure.printStackTrace(System.out);
    }
  }

  private void device() {
    try (Device gpu = accelerators.get().device()) {
      say("%s, %,d of %,d MiB free", gpu.name(), gpu.freeMemory() >> 20, gpu.totalMemory() >> 20);
    }
    say("copies within it: %.2f TB/s read and written", copyRate() / 1e12);
    if (!options.processor()) {
      Nvml sensors = Nvml.open(GPU);
      GpuReading reading = sensors.read();
      say("NVML of %s: %s", sensors.name(), reading);
      require(reading.memoryTotal().isPresent(), "NVML does not tell the memory");
    }
  }

  private double copyRate() {
    return CopyRate.measure(accelerators, options.processor() ? 16L << 20 : 2L << 30);
  }

  static void say(String format, Object... values) {
    System.out.printf(Locale.ROOT, format + "%n", values);
    System.out.flush();
  }

  static void require(boolean holds, String format, Object... values) {
    if (!holds) {
      throw new IllegalStateException(format.formatted(values));
    }
  }
}
