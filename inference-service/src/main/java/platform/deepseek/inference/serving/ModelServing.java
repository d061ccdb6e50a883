package platform.deepseek.inference.serving;

import com.sun.management.OperatingSystemMXBean;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.ModelIdentity;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.cuda.CudaDevice;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineGroup;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.grammar.TokenVocabulary;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CpuModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaSupport;
import platform.deepseek.inference.runner.PackedBytes;
import platform.deepseek.inference.runner.PackedMatrices;
import platform.deepseek.inference.runner.Precision;
import platform.deepseek.inference.text.PromptEncoder;
import platform.deepseek.inference.text.Tokenizer;
import platform.deepseek.inference.text.answer.AnswerFormat;
import platform.deepseek.inference.text.answer.ChatFormat;
import platform.deepseek.inference.weights.FileState;

/**
 * Brings the configured model up at start: files, weights, engine, and what the API needs of them.
 */
@Singleton
public class ModelServing {

  private static final Logger LOG = Logger.getLogger(ModelServing.class);

  /** How long running answers may take to end when the service is told to stop. */
  private static final Duration GRACE = Duration.ofSeconds(20);

  /** A processor's steps are so long that chunks of a useful size cannot meet any target. */
  private static final Duration CPU_STEP = Duration.ZERO;

  static final Duration CUDA_STEP = Duration.ofMillis(25);

  /** What a few cores do well at the same time, and in one step while others wait. */
  static final int CPU_BATCH = 16;

  static final int CPU_TOKENS = 256;

  private final ServiceConfig service;
  private final EngineObserver observer;
  private final PrefixSharing sharing;
  private ModelFiles files;
  private Optional<ModelFileWatch> watch = Optional.empty();

  ModelServing(ServiceConfig service, EngineObserver observer, PrefixSharing sharing) {
    this.service = service;
    this.observer = observer;
    this.sharing = sharing;
  }

  @Produces
  @Singleton
  ServedModel model() {
    long begun = System.nanoTime();
    String configured =
        service
            .model()
            .orElseThrow(
                () -> new IllegalArgumentException("set MODEL to a model folder or a .gguf file"));
    files = ModelFiles.open(ModelFiles.resolve(configured, service.modelsDir()));
    List<FileState> states = ModelFileWatch.states(files.files());
    ModelConfig config = files.config();
    LoadedModel loaded = load(config);
    EngineConfig engineConfig =
        new EngineConfig(
            loaded.maxBatch(),
            loaded.tokensPerStep(),
            service.queueLimit(),
            service.prefixReuse(),
            MemoryPlan.BLOCK_TOKENS,
            loaded.kvBlocks(),
            service.targetStep().orElse(loaded.targetStep()),
            service.speculation());
    Optional<PromptEncoder> prompts =
        files
            .tokenizer()
            .config()
            .chatTemplate()
            .map(template -> PromptEncoder.of(files.tokenizer(), template));
    ModelIdentity identity = Identity.of(files, loaded.numbers());
    ServedModel model =
        new ServedModel(
            service.modelId().orElseGet(files::name),
            files.created(),
            loaded.context(),
            files.tokenizer(),
            prompts,
            vocabulary(
                files.tokenizer(),
                config.vocabulary(),
                files.stopTokens(),
                prompts.map(PromptEncoder::format).orElse(ChatFormat.PLAIN).answer()),
            files.stopTokens(),
            EngineGroup.start(
                loaded.runners(),
                engineConfig,
                sharing.of(identity.weights() + "\n" + identity.engine()),
                observer,
                new DeviceLoss()),
            Fingerprint.of(files, loaded.numbers()),
            identity,
            loaded.gpus());
    if (loaded.gpus().isEmpty()) { // a GPU has the weights in its own memory
      watch =
          Optional.of(ModelFileWatch.start(states, ModelFileWatch.INTERVAL, model.engine()::lose));
    }
    LOG.infof(
        "model %s loaded in %.1f s: %s, %d layers, context %,d, precision %s, %s, %d slots,"
            + " %,d KV blocks of 16 tokens",
        model.id(),
        (System.nanoTime() - begun) / 1e9,
        config.architecture(),
        config.layers(),
        loaded.context(),
        loaded.numbers().toLowerCase(Locale.ROOT),
        loaded.place(),
        loaded.slots(),
        model.engine().stats().kvBlocksTotal());
    return model;
  }

  private LoadedModel load(ModelConfig config) {
    return switch (DeviceChoice.parse(service.device())) {
      case DeviceChoice.Automatic automatic -> onGpusIfPossible(config);
      case DeviceChoice.Processor processor -> onProcessor(config);
      case DeviceChoice.Gpus gpus -> onGpus(config, gpus.numbers());
    };
  }

  /** The processor comes with one line that says why. */
  private LoadedModel onGpusIfPossible(ModelConfig config) {
    Optional<String> objection = Accelerator.cudaObjection().or(() -> gpuRefusal(config));
    if (objection.isEmpty()) {
      try {
        return onGpus(config, List.of());
      } catch (ModelDoesNotFitException e) {
        objection = Optional.of(e.getMessage());
      }
    }
    LOG.infof("DEVICE=auto takes the processor: %s", objection.orElseThrow());
    return onProcessor(config);
  }

  /** Why no GPU can do what is asked for. */
  private Optional<String> gpuRefusal(ModelConfig config) {
    try {
      CudaSupport.require(config, CudaNumbers.parse(service.precision()));
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(e.getMessage());
    }
  }

  private LoadedModel onProcessor(ModelConfig config) {
    int batch = service.maxBatchSize().orElse(CPU_BATCH);
    int tokens = service.tokensPerStep().orElse(Math.max(CPU_TOKENS, batch));
    int context = context(config);
    MemoryPlan memory = MemoryPlan.of(config, context, batch, kvMemory());
    Precision precision = Precision.parse(service.precision());
    int threads = service.threads().orElse(Runtime.getRuntime().availableProcessors());
    ModelWeights weights = new ModelWeights(config, files.checkpoint());
    LOG.info(PackedBytes.of(weights, precision));
    CpuModelRunner runner =
        CpuModelRunner.load(
            weights,
            precision,
            new CpuModelRunner.Limits(context, memory.slots(), tokens, threads),
            new LoadProgress(PackedMatrices.of(config), LOG::info));
    return new LoadedModel(
        List.of(runner),
        batch,
        tokens,
        memory.blocks(),
        precision.name(),
        threads + " threads",
        CPU_STEP,
        List.of());
  }

  /**
   * @param numbers empty: all GPUs that are visible
   */
  private LoadedModel onGpus(ModelConfig config, List<Integer> numbers) {
    CudaNumbers precision = CudaNumbers.parse(service.precision());
    service.context().ifPresent(context -> requireContext(config, context));
    CudaRunners loaded =
        CudaRunners.load(
            config,
            files.checkpoint(),
            precision,
            new CudaPlan.Wanted(
                service.context(),
                service.maxBatchSize(),
                service.tokensPerStep(),
                service.kvMemory().map(MemorySize::asLongValue).orElse(Long.MAX_VALUE)),
            numbers.isEmpty() ? IntStream.range(0, CudaDevice.count()).boxed().toList() : numbers,
            Accelerator::cuda,
            LOG::info);
    return new LoadedModel(
        List.copyOf(loaded.runners()),
        loaded.plan().maxBatch(),
        loaded.plan().tokensPerStep(),
        loaded.plan().kvBlocks(),
        precision + " on cuda",
        loaded.place(),
        CUDA_STEP,
        loaded.gpus());
  }

  void close(@Disposes ServedModel model, Accounts accounts) {
    watch.ifPresent(ModelFileWatch::close);
    model.engine().close(GRACE);
    accounts.drain();
    files.checkpoint().close();
  }

  /** What is asked for, else what the model was made for and one sequence has memory for. */
  private int context(ModelConfig config) {
    int context =
        service
            .context()
            .orElseGet(
                () ->
                    (int)
                        Math.min(
                            config.context(), MemoryPlan.affordableTokens(config, kvMemory())));
    requireContext(config, context);
    return context;
  }

  private static void requireContext(ModelConfig config, int context) {
    if (context < 1 || context > config.context()) {
      throw new IllegalArgumentException(
          "CONTEXT=%,d is not between 1 and the model's %,d".formatted(context, config.context()));
    }
  }

  private long kvMemory() {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return service.kvMemory().map(MemorySize::asLongValue).orElse(system.getTotalMemorySize() / 4);
  }

  /** Sorting a large vocabulary takes a moment, and only constrained answers need it. */
  private static Supplier<TokenVocabulary> vocabulary(
      Tokenizer tokenizer, int size, Set<Integer> stopTokens, AnswerFormat format) {
    CompletableFuture<TokenVocabulary> vocabulary =
        CompletableFuture.supplyAsync(
            () ->
                new TokenVocabulary(
                    size,
                    token -> token < tokenizer.vocabularySize() ? tokenizer.bytes(token) : null,
                    stopTokens,
                    format.hidden(tokenizer)));
    Thread.ofPlatform()
        .daemon()
        .name("grammar-rehearsal")
        .start(() -> GrammarRehearsal.run(vocabulary.join(), format));
    return vocabulary::join;
  }
}
