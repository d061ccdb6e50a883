package platform.deepseek.cache.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import platform.deepseek.cache.answer.Outcome;

/** How long lookups took, by what they came to. */
public final class LookupTimer {

  private final Timer hits;
  private final Timer others;

  public LookupTimer(MeterRegistry registry) {
    this.hits = timer(registry, "hit");
    this.others = timer(registry, "miss");
  }

  public void record(Outcome outcome, long nanos) {
    (outcome instanceof Outcome.Hit ? hits : others).record(Duration.ofNanos(nanos));
  }

  private static Timer timer(MeterRegistry registry, String result) {
    return Timer.builder("deepseek.cache.lookup")
        .description("From a whole request for a lookup to its answer")
        .tag("result", result)
        .publishPercentileHistogram()
        .minimumExpectedValue(Duration.ofNanos(50_000))
        .maximumExpectedValue(Duration.ofSeconds(1))
        .register(registry);
  }
}
