package platform.deepseek.inference.bench;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineIntegrity;
import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaFootprint;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.GgufFile;

/** A model on a device behind the whole engine: scheduler, sampler, events. */
final class CudaEngine implements AutoCloseable {

  static final int BLOCK_TOKENS = 16;
  private static final int QUEUE = 4096;

  /**
   * @param context tokens that a sequence can have
   * @param batch sequences at one time, and slots
   * @param tokensPerStep of prompts and answers together
   * @param kvBlocks of 16 tokens that all sequences together may fill; 0: as many as the slots hold
   * @param kvBytes of the device that keys and values may take
   */
  record Size(int context, int batch, int tokensPerStep, int kvBlocks, long kvBytes) {

    /** With room for all sequences, however long they are. */
    Size(int context, int batch, int tokensPerStep) {
      this(context, batch, tokensPerStep, 0, Long.MAX_VALUE / 2);
    }

    private CudaModelRunner.Limits limits() {
      return new CudaModelRunner.Limits(context, batch, batch, tokensPerStep, kvBytes);
    }
  }

  private final Checkpoint checkpoint;
  private final ModelConfig config;
  private final CudaNumbers numbers;
  private final Steps steps = new Steps();
  private final Engine engine;
  private final Device watched;
  private final CudaFootprint footprint;
  private final long freeAtFirst;
  private final double loadSeconds;
  private final CompletableFuture<DeviceLostException> lost = new CompletableFuture<>();

  private CudaEngine(
      Path model,
      CudaNumbers numbers,
      Supplier<Accelerator> accelerators,
      Size size,
      boolean prefixReuse) {
    long begun = System.nanoTime();
    this.numbers = numbers;
    this.checkpoint = Checkpoint.open(model);
    this.config =
        checkpoint instanceof GgufFile gguf
            ? ModelConfig.fromGguf(gguf)
            : ModelConfig.fromHuggingFace(model);
    CudaModelRunner runner =
        CudaModelRunner.load(
            new ModelWeights(config, checkpoint),
            numbers,
            size.limits(),
            accelerators.get(),
            n -> {});
    this.loadSeconds = (System.nanoTime() - begun) / 1e9;
    this.engine =
        Engine.start(
            runner,
            new EngineConfig(
                size.batch(),
                size.tokensPerStep(),
                QUEUE,
                prefixReuse,
                BLOCK_TOKENS,
                size.kvBlocks()),
            steps,
            lost::complete);
    // The engine's own belongs to its loop's thread.
    this.watched = accelerators.get().device();
    this.footprint =
        CudaFootprint.of(
            config,
            numbers.elements(),
            size.limits(),
            watched.multiprocessors(),
            watched.pageBytes());
    this.freeAtFirst = watched.freeMemory() + kvMemory().mappedBytes();
  }

  static CudaEngine open(
      Path model,
      CudaNumbers numbers,
      Supplier<Accelerator> accelerators,
      Size size,
      boolean prefixReuse) {
    return new CudaEngine(model, numbers, accelerators, size, prefixReuse);
  }

  Engine engine() {
    return engine;
  }

  Steps steps() {
    return steps;
  }

  int vocabulary() {
    return config.vocabulary();
  }

  /** Bytes of the device that the weights take. */
  long weightBytes() {
    return CudaModelRunner.weightBytes(config, numbers);
  }

  /** Bytes of so many weights of quantised matrices, or of others, with their factors. */
  static double weightBytes(CudaNumbers numbers, long weights) {
    return switch (numbers.matrices()) {
      case PUBLISHED -> weights * (double) numbers.elements().bytes();
      case INT8 -> weights * 8.5 / Byte.SIZE;
      case INT4 -> weights * 5.0 / Byte.SIZE;
    };
  }

  /** How many experts of a layer so many rows choose, if all are equally likely. */
  static double touched(MixtureOfExperts mixture, int rows) {
    double spared = 1 - (double) mixture.chosen() / mixture.experts();
    return mixture.experts() * (1 - Math.pow(spared, rows));
  }

  /**
   * Bytes that a decode step reads of the weights: all but the embedding, of which it takes rows,
   * and the experts that nobody chose.
   */
  long weightBytesRead(int rows) {
    long spared =
        config
            .mixture()
            .map(
                mixture ->
                    (long)
                        ((mixture.experts() - touched(mixture, rows))
                            * mixture.sparseLayers().cardinality()
                            * weightBytes(numbers, 3L * mixture.intermediate() * config.hidden())))
            .orElse(0L);
    return weightBytes()
        - spared
        - (config.tiedEmbeddings()
            ? 0
            : (long) config.vocabulary() * config.hidden() * numbers.elements().bytes());
  }

  /** Bytes of keys and values of one token. */
  long bytesPerToken() {
    return config.cachedValues() * numbers.elements().bytes();
  }

  /** Why the engine has ended, when it has lost its device. */
  CompletableFuture<DeviceLostException> lost() {
    return lost;
  }

  /** Seconds from the opened file to a runner that can run. */
  double loadSeconds() {
    return loadSeconds;
  }

  /** What keys and values take, after the latest step. */
  KvMemory kvMemory() {
    return engine.stats().kvMemory().orElseThrow();
  }

  /** Throws when the books of the idle engine do not agree. */
  void checkIntegrity() {
    EngineIntegrity.check(engine);
  }

  /** Bytes that the device has less since the engine began, keys and values aside. */
  long workspace() {
    return freeAtFirst - watched.freeMemory() - kvMemory().mappedBytes();
  }

  /** Bytes that are planned for what comes after loading: the most of {@link #workspace}. */
  long plannedWorkspace() {
    return footprint.activations() + footprint.recordings() + footprint.libraries();
  }

  /** Bytes of the device that nobody has. */
  long freeMemory() {
    return watched.freeMemory();
  }

  @Override
  public void close() {
    engine.close();
    watched.close();
    checkpoint.close();
  }
}
