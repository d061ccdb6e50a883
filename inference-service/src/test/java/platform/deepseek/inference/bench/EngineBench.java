package platform.deepseek.inference.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.CpuModelRunner;
import platform.deepseek.inference.runner.Precision;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.GgufFile;

/**
 * Speed of the whole engine without HTTP: queue, scheduler, model, greedy sampling, events.
 *
 * <p>Arguments: MODEL THREADS PROMPT STEPS B,B,... and MAX_BATCH_SIZE, PRECISION and
 * TOKENS_PER_STEP by environment. Prints a JSON line about itself and one for each batch size:
 * prefill is the rate of B prompts one after the other, decode the rate of B sequences together at
 * that context (median step).
 */
public final class EngineBench {

  private static final int BLOCK_TOKENS = 16;

  private EngineBench() {}

  public static void main(String[] args) throws InterruptedException {
    Path model = Path.of(args[0]);
    int threads = Integer.parseInt(args[1]);
    int prompt = Integer.parseInt(args[2]);
    int steps = Integer.parseInt(args[3]);
    int[] batches = Arrays.stream(args[4].split(",")).mapToInt(Integer::parseInt).toArray();
    int maxBatch =
        Math.max(environment("MAX_BATCH_SIZE", 16), Arrays.stream(batches).max().orElse(1));
    Precision precision = Precision.parse(System.getenv().getOrDefault("PRECISION", "auto"));
    int tokensPerStep = environment("TOKENS_PER_STEP", 256);
    System.out.printf(
        "{\"engine\":\"deepseek-platform\",\"version\":\"%s\",\"backend\":\"%s, batch %d, %s\"}%n",
        Runtime.version().feature() + " (JDK)",
        precision.name().toLowerCase(Locale.ROOT),
        maxBatch,
        System.getProperty("os.arch"));
    int context = prompt + steps + 32;
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      ModelConfig config =
          checkpoint instanceof GgufFile gguf
              ? ModelConfig.fromGguf(gguf)
              : ModelConfig.fromHuggingFace(model);
      CpuModelRunner runner =
          CpuModelRunner.load(
              new ModelWeights(config, checkpoint),
              precision,
              new CpuModelRunner.Limits(context, maxBatch, tokensPerStep, threads),
              packed -> {});
      StepClock clock = new StepClock();
      try (Engine engine =
          Engine.start(
              runner,
              // Without drafts: the peer has none, and what they bring depends on the text.
              new EngineConfig(
                  maxBatch, tokensPerStep, 64, false, BLOCK_TOKENS, 0, Duration.ZERO, false),
              clock)) {
        for (int batch : batches) {
          measure(engine, clock, batch, prompt, steps);
        }
      }
    }
  }

  private static void measure(Engine engine, StepClock clock, int batch, int prompt, int steps)
      throws InterruptedException {
    double prefillSeconds = Double.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long begun = System.nanoTime();
      for (int s = 0; s < batch; s++) {
        run(engine, List.of(tokens(prompt, s)), 1);
      }
      prefillSeconds = Math.min(prefillSeconds, (System.nanoTime() - begun) / 1e9);
      if (batch >= 8) {
        break;
      }
    }
    List<int[]> prompts = new ArrayList<>();
    for (int s = 0; s < batch; s++) {
      prompts.add(tokens(prompt, s));
    }
    clock.watch(batch);
    run(engine, prompts, steps);
    double stepMillis = clock.medianMillis();
    System.out.printf(
        Locale.ROOT,
        "{\"batch\":%d,\"prompt\":%d,\"steps\":%d,\"prefill\":%.1f,\"decode\":%.1f,"
            + "\"stepMillis\":%.3f}%n",
        batch,
        prompt,
        steps,
        prompt * batch / prefillSeconds,
        batch / stepMillis * 1e3,
        stepMillis);
  }

  private static void run(Engine engine, List<int[]> prompts, int tokens)
      throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(prompts.size());
    for (int[] prompt : prompts) {
      engine.submit(
          new GenerationRequest(
              prompt, tokens, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofMinutes(10)),
          event -> {
            switch (event) {
              case TokenEvent.Started started -> {}
              case TokenEvent.Token token -> {}
              case TokenEvent.Finished finished -> ended.countDown();
              case TokenEvent.Failed failed -> {
                System.err.println("the engine failed: " + failed.error().message());
                System.exit(1);
              }
            }
          });
    }
    ended.await();
  }

  /** The peer's benchmark uses the same ids. */
  private static int[] tokens(int count, int sequence) {
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = (i * 7919 + sequence * 13) % 900 + 1;
    }
    return tokens;
  }

  private static int environment(String name, int otherwise) {
    String value = System.getenv(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  /** Time from the end of one step to the end of the next, of steps that decode a whole batch. */
  private static final class StepClock implements EngineObserver {

    private final List<Double> millis = new ArrayList<>();
    private int batch;
    private long previous;

    synchronized void watch(int batch) {
      this.batch = batch;
      millis.clear();
      previous = 0;
    }

    synchronized double medianMillis() {
      double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      return sorted[sorted.length / 2];
    }

    @Override
    public synchronized void stepCompleted(
        int sequences, int tokens, int generated, Duration duration) {
      long now = System.nanoTime();
      boolean decodes = sequences == batch && tokens == batch;
      if (decodes && previous != 0) {
        millis.add((now - previous) / 1e6);
      }
      previous = decodes ? now : 0;
    }
  }
}
