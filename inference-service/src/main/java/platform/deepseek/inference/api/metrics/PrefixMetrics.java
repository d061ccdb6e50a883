package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import platform.deepseek.inference.engine.prefix.RestorationOutcome;

/** Prefixes that come from cache-service and go there. Every series exists from the start. */
final class PrefixMetrics {

  private final Map<RestorationOutcome, Counter> asked = new EnumMap<>(RestorationOutcome.class);
  private final Timer restorations;
  private final Counter restoredTokens;
  private final Counter bytesIn;
  private final Counter bytesOut;
  private final Counter kept;
  private final Counter refused;
  private final Counter dropped;

  PrefixMetrics(MeterRegistry registry) {
    for (RestorationOutcome outcome : RestorationOutcome.values()) {
      asked.put(
          outcome,
          Counter.builder("deepseek.prefix.store.restorations")
              .description("Prefixes that were wanted from cache-service, by what became of that")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    restorations =
        Timer.builder("deepseek.prefix.store.restoration")
            .description("From the question for a prefix to its last block")
            .serviceLevelObjectives(
                Duration.ofMillis(10),
                Duration.ofMillis(50),
                Duration.ofMillis(100),
                Duration.ofMillis(250),
                Duration.ofMillis(500),
                Duration.ofSeconds(1),
                Duration.ofMillis(2_500))
            .register(registry);
    restoredTokens =
        Counter.builder("deepseek.prefix.store.restored.tokens")
            .description("Tokens whose keys and values came from cache-service into a slot")
            .register(registry);
    bytesIn = bytes(registry, "in");
    bytesOut = bytes(registry, "out");
    kept = blocks(registry, "kept");
    refused = blocks(registry, "refused");
    dropped = blocks(registry, "dropped");
  }

  private static Counter bytes(MeterRegistry registry, String direction) {
    return Counter.builder("deepseek.prefix.store.bytes")
        .description("Bytes of blocks that came from cache-service and went there")
        .tag("direction", direction)
        .register(registry);
  }

  private static Counter blocks(MeterRegistry registry, String event) {
    return Counter.builder("deepseek.prefix.store.blocks")
        .description("Blocks of ended sequences, by what became of handing them over")
        .tag("event", event)
        .register(registry);
  }

  void asked(RestorationOutcome outcome, long bytes, Duration took) {
    asked.get(outcome).increment();
    bytesIn.increment(bytes);
    if (outcome == RestorationOutcome.RESTORED) {
      restorations.record(took);
    }
  }

  void restored(int tokens) {
    restoredTokens.increment(tokens);
  }

  void handedOver(boolean wasKept, int bytes) {
    bytesOut.increment(bytes);
    (wasKept ? kept : refused).increment();
  }

  void dropped(int blocks) {
    dropped.increment(blocks);
  }
}
