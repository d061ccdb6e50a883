package platform.deepseek.inference.api.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What becomes of requests whose answers are kept. Every series exists from the start. */
final class CacheMetrics {

  /** What a lookup came to. */
  enum Found {
    HIT,
    /** Computed here, and handed in. */
    LEASE,
    /** Followed while another one computed it. */
    FOLLOW,
    /** Computed, and not handed in. */
    PASS,
    /** No answer in time, or none that could be used: computed. */
    UNAVAILABLE,
    /** Not asked, because cache-service did not answer before. */
    SKIPPED
  }

  /** What became of an answer that was computed here under a lease. */
  enum Led {
    STORED,
    /** It did not end by itself, or called a tool. */
    ABANDONED,
    /** The client left, or the engine failed: another one may compute it. */
    LOST,
    /** cache-service did not take it. */
    REFUSED
  }

  private final Map<Found, Counter> found = new EnumMap<>(Found.class);
  private final Map<Led, Counter> led = new EnumMap<>(Led.class);
  private final Counter takenOver;
  private final Counter savedSeconds;
  private final Timer lookups;

  CacheMetrics(MeterRegistry registry, BooleanSupplier breakerOpen) {
    for (Found each : Found.values()) {
      found.put(
          each,
          Counter.builder("deepseek.answer.cache.lookups")
              .description("Requests whose answers are kept, by what the lookup came to")
              .tag("outcome", each.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    for (Led each : Led.values()) {
      led.put(
          each,
          Counter.builder("deepseek.answer.cache.leases")
              .description("Answers computed for the cache, by what became of them")
              .tag("outcome", each.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    takenOver =
        Counter.builder("deepseek.answer.cache.takeovers")
            .description(
                "Answers that were followed, and looked up again when their leader was gone")
            .register(registry);
    savedSeconds =
        Counter.builder("deepseek.answer.cache.saved.seconds")
            .description("Seconds that computing the answers found would have taken")
            .register(registry);
    lookups =
        Timer.builder("deepseek.answer.cache.lookup")
            .description("From a lookup to its answer, or to giving up")
            .serviceLevelObjectives(
                Duration.ofNanos(500_000),
                Duration.ofMillis(1),
                Duration.ofMillis(3),
                Duration.ofMillis(5),
                Duration.ofMillis(10),
                Duration.ofMillis(20),
                Duration.ofMillis(50))
            .register(registry);
    Gauge.builder("deepseek.answer.cache.breaker.open", () -> breakerOpen.getAsBoolean() ? 1 : 0)
        .description("1 while cache-service is not asked because it did not answer")
        .strongReference(true)
        .register(registry);
  }

  void found(Found what) {
    found.get(what).increment();
  }

  void led(Led what) {
    led.get(what).increment();
  }

  void takenOver() {
    takenOver.increment();
  }

  void saved(long millis) {
    savedSeconds.increment(millis / 1_000.0);
  }

  void lookedUp(long nanos) {
    lookups.record(nanos, TimeUnit.NANOSECONDS);
  }
}
