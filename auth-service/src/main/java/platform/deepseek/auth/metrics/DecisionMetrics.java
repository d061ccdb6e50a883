package platform.deepseek.auth.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.decision.Refusal;
import platform.deepseek.auth.decision.Settlements;
import platform.deepseek.auth.limit.Limiter;

/** Counts decisions by what they were. Every series exists from the start. */
public final class DecisionMetrics {

  private final Counter allowed;
  private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);
  private final Timer time;

  public DecisionMetrics(MeterRegistry registry, Limiter limiter, Settlements settlements) {
    this.allowed =
        Counter.builder("deepseek.auth.allowed")
            .description("Requests that were let in")
            .register(registry);
    for (Refusal refusal : Refusal.values()) {
      refused.put(
          refusal,
          Counter.builder("deepseek.auth.refusals")
              .description("Requests that were turned away, by the code that was told")
              .tag("code", refusal.code())
              .register(registry));
    }
    this.time =
        Timer.builder("deepseek.auth.decision")
            .description("From a whole request for a decision to the decision")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofNanos(50_000))
            .maximumExpectedValue(Duration.ofSeconds(5))
            .register(registry);
    Gauge.builder("deepseek.auth.limits.local", limiter, one -> one.isOutage() ? 1 : 0)
        .description("1 while Redis is away and this replica holds its share of the limits alone")
        .register(registry);
    Gauge.builder("deepseek.auth.settlements.waiting", settlements, Settlements::waiting)
        .description("Settlements that wait for Redis")
        .register(registry);
  }

  /**
   * @param nanos that it took
   */
  public void decided(Decision decision, long nanos) {
    time.record(Duration.ofNanos(nanos));
    switch (decision) {
      case Decision.Allow allow -> allowed.increment();
      case Decision.Deny deny -> refused.get(deny.refusal()).increment();
    }
  }
}
