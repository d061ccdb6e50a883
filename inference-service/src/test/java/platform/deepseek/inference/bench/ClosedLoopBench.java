package platform.deepseek.inference.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
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
 * The engine's own rate under the load that the load client makes through HTTP: clients that ask,
 * take their whole answer, and ask again. What HTTP costs is the difference.
 *
 * <p>Arguments: MODEL THREADS CLIENTS SECONDS PROMPT MAX_TOKENS.
 */
public final class ClosedLoopBench {

  /** What all prompts have in common: the chat template's beginning. */
  private static final int SHARED = 16;

  private final Engine engine;
  private final int promptTokens;
  private final int maxTokens;
  private final long end;
  private final LongAdder tokens = new LongAdder();
  private final CountDownLatch clients;

  private ClosedLoopBench(
      Engine engine, int clients, int seconds, int promptTokens, int maxTokens) {
    this.engine = engine;
    this.promptTokens = promptTokens;
    this.maxTokens = maxTokens;
    this.end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    this.clients = new CountDownLatch(clients);
  }

  public static void main(String[] args) throws InterruptedException {
    Path model = Path.of(args[0]);
    int threads = Integer.parseInt(args[1]);
    int clients = Integer.parseInt(args[2]);
    int seconds = Integer.parseInt(args[3]);
    int promptTokens = Integer.parseInt(args[4]);
    int maxTokens = Integer.parseInt(args[5]);
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      ModelConfig config =
          checkpoint instanceof GgufFile gguf
              ? ModelConfig.fromGguf(gguf)
              : ModelConfig.fromHuggingFace(model);
      CpuModelRunner runner =
          CpuModelRunner.load(
              new ModelWeights(config, checkpoint),
              Precision.AUTO,
              new CpuModelRunner.Limits(config.context(), 32, 256, threads),
              packed -> {});
      EngineConfig engineConfig = new EngineConfig(16, 256, 256, true, 16, 8_570);
      try (Engine engine = Engine.start(runner, engineConfig, EngineObserver.NONE)) {
        new ClosedLoopBench(engine, clients, 10, promptTokens, maxTokens).run();
        double rate = new ClosedLoopBench(engine, clients, seconds, promptTokens, maxTokens).run();
        System.out.printf(
            Locale.ROOT, "{\"clients\":%d,\"tokensPerSecond\":%.1f}%n", clients, rate);
      }
    }
  }

  /** Tokens per second from the first request to the last answer, as the load client counts. */
  private double run() throws InterruptedException {
    long begun = System.nanoTime();
    int count = (int) clients.getCount();
    for (int client = 0; client < count; client++) {
      ask(new Random(client));
    }
    clients.await();
    return tokens.sum() / ((System.nanoTime() - begun) / 1e9);
  }

  private void ask(Random random) {
    if (System.nanoTime() > end) {
      clients.countDown();
      return;
    }
    int[] prompt = new int[promptTokens];
    for (int i = 0; i < promptTokens; i++) {
      prompt[i] = i < SHARED ? i + 1 : random.nextInt(1, 49_000);
    }
    var unused =
        engine.submit(
            new GenerationRequest(
                prompt,
                maxTokens,
                SamplingParams.GREEDY,
                Set.of(),
                "",
                false,
                Duration.ofMinutes(10)),
            event -> {
              switch (event) {
                case TokenEvent.Started started -> {}
                case TokenEvent.Token token -> tokens.increment();
                case TokenEvent.Finished finished -> ask(random);
                case TokenEvent.Failed failed -> {
                  System.err.println("the engine failed: " + failed.error().message());
                  System.exit(1);
                }
              }
            });
  }
}
