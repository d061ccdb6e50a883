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
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.grammar.TokenVocabulary;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CpuModelRunner;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.runner.Precision;
import platform.deepseek.inference.text.PromptEncoder;
import platform.deepseek.inference.text.Tokenizer;
import platform.deepseek.inference.text.answer.AnswerFormat;
import platform.deepseek.inference.text.answer.ChatFormat;

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

  private static final Duration CUDA_STEP = Duration.ofMillis(25);

  private static final int FIRST_GPU = 0;

  private final ServiceConfig service;
  private final EngineObserver observer;
  private ModelFiles files;

  ModelServing(ServiceConfig service, EngineObserver observer) {
    this.service = service;
    this.observer = observer;
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
    ModelConfig config = files.config();
    LoadedRunner loaded = runner(config);
    int context = loaded.runner().contextLength();
    EngineConfig engineConfig =
        new EngineConfig(
            service.maxBatchSize(),
            service.tokensPerStep(),
            service.queueLimit(),
            service.prefixReuse(),
            MemoryPlan.BLOCK_TOKENS,
            loaded.kvBlocks(),
            service.targetStep().orElse(loaded.targetStep()));
    Optional<PromptEncoder> prompts =
        files
            .tokenizer()
            .config()
            .chatTemplate()
            .map(template -> PromptEncoder.of(files.tokenizer(), template));
    ServedModel model =
        new ServedModel(
            service.modelId().orElseGet(files::name),
            files.created(),
            context,
            files.tokenizer(),
            prompts,
            vocabulary(
                files.tokenizer(),
                config.vocabulary(),
                files.stopTokens(),
                prompts.map(PromptEncoder::format).orElse(ChatFormat.PLAIN).answer()),
            files.stopTokens(),
            Engine.start(loaded.runner(), engineConfig, observer, new DeviceLoss()),
            Fingerprint.of(files, loaded.numbers()));
    LOG.infof(
        "model %s loaded in %.1f s: %s, %d layers, context %,d, precision %s, %s, %d slots,"
            + " %,d KV blocks of 16 tokens",
        model.id(),
        (System.nanoTime() - begun) / 1e9,
        config.architecture(),
        config.layers(),
        context,
        loaded.numbers().toLowerCase(Locale.ROOT),
        loaded.place(),
        loaded.runner().slots(),
        model.engine().stats().kvBlocksTotal());
    return model;
  }

  private LoadedRunner runner(ModelConfig config) {
    return switch (service.device().toLowerCase(Locale.ROOT)) {
      case "auto", "cpu" -> onProcessor(config);
      case "cuda" -> onCuda(config);
      default ->
          throw new IllegalArgumentException(
              "DEVICE=%s is not one of auto, cpu, cuda".formatted(service.device()));
    };
  }

  /** The GPUs that compute with DEVICE=cuda, by CUDA's numbers. */
  static List<Integer> gpus() {
    return List.of(FIRST_GPU);
  }

  private LoadedRunner onProcessor(ModelConfig config) {
    int context = context(config);
    MemoryPlan memory = MemoryPlan.of(config, context, service.maxBatchSize(), kvMemory());
    Precision precision = Precision.parse(service.precision());
    int threads = service.threads().orElse(Runtime.getRuntime().availableProcessors());
    CpuModelRunner runner =
        CpuModelRunner.load(
            new ModelWeights(config, files.checkpoint()),
            precision,
            new CpuModelRunner.Limits(context, memory.slots(), service.tokensPerStep(), threads),
            new LoadProgress(config.layers(), LOG::info));
    return new LoadedRunner(
        runner, memory.blocks(), precision.name(), threads + " threads", CPU_STEP);
  }

  private LoadedRunner onCuda(ModelConfig config) {
    CudaPrecision precision = CudaPrecision.parse(service.precision());
    service.context().ifPresent(context -> requireContext(config, context));
    Accelerator gpu = Accelerator.cuda(FIRST_GPU);
    String name = gpu.device().name();
    CudaPlan plan =
        CudaPlan.of(
            config,
            precision,
            service.context(),
            service.maxBatchSize(),
            service.tokensPerStep(),
            gpu.device().pageBytes(),
            gpu.device().freeMemory(),
            service.kvMemory().map(MemorySize::asLongValue).orElse(Long.MAX_VALUE));
    CudaModelRunner runner =
        CudaModelRunner.load(
            new ModelWeights(config, files.checkpoint()),
            precision,
            new CudaModelRunner.Limits(
                plan.context(),
                plan.slots(),
                service.maxBatchSize(),
                service.tokensPerStep(),
                plan.kvBytes()),
            gpu,
            uploaded -> {});
    LOG.infof("weights: %s", runner.loadSpeed());
    return new LoadedRunner(
        runner, plan.kvBlocks(), precision.name() + " on cuda", name, CUDA_STEP);
  }

  void close(@Disposes ServedModel model) {
    model.engine().close(GRACE);
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
