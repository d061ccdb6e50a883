package platform.deepseek.inference.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.GgufFile;

/** Tokens per second of the whole engine on a GPU, greedy, with nobody else on it. */
final class CudaSpeed {

  private static final int PROMPT = 512;
  private static final int STEPS = 64;
  private static final int WARM_UP = 8;
  private static final int BLOCK_TOKENS = 16;
  private static final int TOKENS_PER_STEP = 2048;
  private static final int PROMPT_ROUNDS = 8;
  private static final int SECONDS_AT_MOST = 60;

  private CudaSpeed() {}

  static void measure(
      Path model,
      CudaPrecision precision,
      Supplier<Accelerator> accelerators,
      List<Integer> batches)
      throws InterruptedException {
    int slots = batches.getLast();
    long begun = System.nanoTime();
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      ModelConfig config =
          checkpoint instanceof GgufFile gguf
              ? ModelConfig.fromGguf(gguf)
              : ModelConfig.fromHuggingFace(model);
      CudaModelRunner runner =
          CudaModelRunner.load(
              new ModelWeights(config, checkpoint),
              precision,
              new CudaModelRunner.Limits(PROMPT + STEPS + 32, slots, TOKENS_PER_STEP),
              accelerators.get(),
              n -> {});
      double seconds = (System.nanoTime() - begun) / 1e9;
      long bytes = CudaModelRunner.weightBytes(config, precision);
      CudaCheck.say(
          "loaded %,d MB in %.2f s, %.2f GB/s", bytes >> 20, seconds, bytes / seconds / 1e9);
      Steps steps = new Steps();
      try (Engine engine =
          Engine.start(
              runner,
              new EngineConfig(slots, TOKENS_PER_STEP, 64, false, BLOCK_TOKENS, 0),
              steps)) {
        prefill(engine);
        for (int batch : batches) {
          decode(engine, steps, batch);
        }
      }
    }
  }

  private static void prefill(Engine engine) throws InterruptedException {
    run(engine, 1, WARM_UP);
    double best = Double.MAX_VALUE;
    for (int round = 0; round < PROMPT_ROUNDS; round++) {
      long begun = System.nanoTime();
      run(engine, 1, 1);
      best = Math.min(best, (System.nanoTime() - begun) / 1e9);
    }
    CudaCheck.say("prefill 1 x %d: %,.0f tokens/s (%.2f ms)", PROMPT, PROMPT / best, best * 1e3);
  }

  private static void decode(Engine engine, Steps steps, int batch) throws InterruptedException {
    steps.watch(batch);
    run(engine, batch, STEPS);
    double millis = steps.medianMillis();
    CudaCheck.say(
        "decode %3d: %,.0f tokens/s (%.3f ms a step, %.3f ms of it in the runner)",
        batch, batch / millis * 1e3, millis, steps.medianRunMillis());
  }

  private static void run(Engine engine, int batch, int tokens) throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(batch);
    AtomicReference<String> failure = new AtomicReference<>();
    for (int s = 0; s < batch; s++) {
      engine.submit(
          new GenerationRequest(
              prompt(s), tokens, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofMinutes(1)),
          event -> {
            switch (event) {
              case TokenEvent.Started started -> {}
              case TokenEvent.Token token -> {}
              case TokenEvent.Finished finished -> ended.countDown();
              case TokenEvent.Failed failed -> {
                failure.set(failed.error().message());
                ended.countDown();
              }
            }
          });
    }
    if (!ended.await(SECONDS_AT_MOST, TimeUnit.SECONDS)) {
      throw new IllegalStateException("no end of %d sequences in a minute".formatted(batch));
    }
    if (failure.get() != null) {
      throw new IllegalStateException("the engine failed: " + failure.get());
    }
  }

  private static int[] prompt(int sequence) {
    int[] tokens = new int[PROMPT];
    for (int i = 0; i < PROMPT; i++) {
      tokens[i] = (i * 7919 + sequence * 13) % 900 + 1;
    }
    return tokens;
  }

  /** Times of the steps that decode a whole batch. */
  private static final class Steps implements EngineObserver {

    private final List<Double> between = new ArrayList<>();
    private final List<Double> running = new ArrayList<>();
    private int batch;
    private long previous;

    synchronized void watch(int batch) {
      this.batch = batch;
      between.clear();
      running.clear();
      previous = 0;
    }

    synchronized double medianMillis() {
      return median(between);
    }

    synchronized double medianRunMillis() {
      return median(running);
    }

    private static double median(List<Double> values) {
      return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(Double.NaN);
    }

    @Override
    public synchronized void stepCompleted(
        int sequences, int tokens, int generated, Duration duration) {
      long now = System.nanoTime();
      boolean decodes = sequences == batch && tokens == batch;
      if (decodes && previous != 0) {
        between.add((now - previous) / 1e6);
        running.add(duration.toNanos() / 1e6);
      }
      previous = decodes ? now : 0;
    }
  }
}
