package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.stream.LongStream;
import platform.deepseek.inference.engine.EngineError;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.FinishReason;
import platform.deepseek.inference.engine.Usage;
import platform.deepseek.inference.engine.draft.DraftSource;
import platform.deepseek.inference.engine.prefix.RestorationOutcome;

/**
 * The engine's own view, recorded on its loop: every meter is looked up once, here, so that a token
 * costs two additions.
 */
@Singleton
public final class EngineMetrics implements EngineObserver {

  private final Timer timeToFirstToken;
  private final Timer interToken;
  private final Timer stepDuration;
  private final DistributionSummary batchSize;
  private final DistributionSummary stepTokens;
  private final Counter promptTokens;
  private final Counter generatedTokens;
  private final Counter prefixHitTokens;
  private final Counter preemptions;
  private final DraftMetrics drafts;
  private final Counter cancellations;
  private final Counter cancelledTokens;
  private final PrefixMetrics prefixes;

  EngineMetrics(MeterRegistry registry) {
    timeToFirstToken =
        timer(
            registry,
            "deepseek.time.to.first.token",
            "From the arrival of a request at the engine to its first token",
            5,
            10,
            25,
            50,
            100,
            250,
            300,
            500,
            1_000,
            2_500,
            5_000,
            10_000,
            30_000,
            60_000,
            300_000);
    interToken =
        timer(
            registry,
            "deepseek.inter.token",
            "Between two tokens of one answer",
            1,
            2,
            5,
            10,
            15,
            20,
            30,
            40,
            50,
            75,
            100,
            150,
            250,
            300,
            500,
            1_000,
            2_500);
    stepDuration =
        timer(
            registry,
            "deepseek.step.duration",
            "One run of the model",
            1,
            2,
            5,
            10,
            20,
            40,
            75,
            100,
            150,
            250,
            500,
            1_000,
            2_500);
    batchSize =
        summary(
            registry,
            "deepseek.batch.size",
            "Sequences in one step",
            1,
            2,
            4,
            8,
            16,
            32,
            64,
            128,
            256,
            512);
    stepTokens =
        summary(
            registry,
            "deepseek.step.tokens",
            "Tokens computed in one step",
            1,
            4,
            16,
            64,
            128,
            256,
            512,
            1_024,
            2_048,
            4_096,
            8_192);
    promptTokens = counter(registry, "deepseek.prompt.tokens", "Tokens of prompts that started");
    generatedTokens = counter(registry, "deepseek.generation.tokens", "Tokens generated");
    prefixHitTokens =
        counter(
            registry,
            "deepseek.prefix.cache.hit.tokens",
            "Prompt tokens that were not computed again");
    preemptions = counter(registry, "deepseek.preemptions", "Sequences that lost their slot");
    cancellations = counter(registry, "deepseek.cancellations", "Sequences taken back");
    cancelledTokens =
        counter(registry, "deepseek.cancelled.tokens", "Tokens generated for sequences taken back");
    prefixes = new PrefixMetrics(registry);
    drafts = new DraftMetrics(registry);
  }

  private static Timer timer(
      MeterRegistry registry, String name, String description, long... milliseconds) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(
            LongStream.of(milliseconds).mapToObj(Duration::ofMillis).toArray(Duration[]::new))
        .register(registry);
  }

  private static DistributionSummary summary(
      MeterRegistry registry, String name, String description, double... limits) {
    return DistributionSummary.builder(name)
        .description(description)
        .serviceLevelObjectives(limits)
        .register(registry);
  }

  private static Counter counter(MeterRegistry registry, String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  @Override
  public void requestStarted(Duration waited, int prompt, int cached) {
    timeToFirstToken.record(waited);
    promptTokens.increment(prompt);
  }

  @Override
  public void tokenGenerated(Duration sincePrevious) {
    interToken.record(sincePrevious);
  }

  @Override
  public void stepCompleted(int sequences, int tokens, int generated, Duration duration) {
    stepDuration.record(duration);
    batchSize.record(sequences);
    stepTokens.record(tokens);
    generatedTokens.increment(generated);
  }

  @Override
  public void prefixHit(int tokens) {
    prefixHitTokens.increment(tokens);
  }

  @Override
  public void prefixAsked(RestorationOutcome outcome, int tokens, long bytes, Duration took) {
    prefixes.asked(outcome, bytes, took);
  }

  @Override
  public void prefixRestored(int tokens) {
    prefixes.restored(tokens);
  }

  @Override
  public void blockHandedOver(boolean kept, int bytes) {
    prefixes.handedOver(kept, bytes);
  }

  @Override
  public void blocksDropped(int blocks) {
    prefixes.dropped(blocks);
  }

  @Override
  public void drafted(DraftSource source, int tokens, int accepted) {
    drafts.drafted(source, tokens, accepted);
  }

  @Override
  public void preempted() {
    preemptions.increment();
  }

  @Override
  public void requestFinished(FinishReason reason, Usage usage) {
    switch (reason) {
      case STOP, LENGTH -> {}
      case CANCELLED -> {
        cancellations.increment();
        cancelledTokens.increment(usage.completionTokens());
      }
    }
  }

  /** Failures are counted where they are told to a client, by the same code. */
  @Override
  public void requestFailed(EngineError.Code code) {}
}
