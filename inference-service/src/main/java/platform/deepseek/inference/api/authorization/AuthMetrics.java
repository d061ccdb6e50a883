package platform.deepseek.inference.api.authorization;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What becomes of the questions to auth-service. */
final class AuthMetrics {

  private final MeterRegistry registry;
  private final Timer answered;
  private final Timer unanswered;
  private final Counter lost;

  AuthMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.answered = timer("true");
    this.unanswered = timer("false");
    this.lost =
        Counter.builder("deepseek.authorization.settlements.lost")
            .description("Settlements that found no place in the queue while auth-service was away")
            .register(registry);
  }

  private Timer timer(String value) {
    return Timer.builder("deepseek.authorization.decision")
        .description("From a question to auth-service to its answer, or to giving up")
        .tag("answered", value)
        .serviceLevelObjectives(
            Duration.ofNanos(500_000),
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            Duration.ofMillis(5),
            Duration.ofMillis(20),
            Duration.ofMillis(100),
            Duration.ofSeconds(1))
        .register(registry);
  }

  void watch(Supplier<Number> waiting, Supplier<Number> open) {
    gauge(
        "deepseek.authorization.settlements.waiting",
        "Settlements that wait for auth-service",
        waiting);
    gauge(
        "deepseek.authorization.reservations.open",
        "Requests whose leave is not settled yet",
        open);
  }

  private void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).strongReference(true).register(registry);
  }

  void asked(long nanos, boolean succeeded) {
    (succeeded ? answered : unanswered).record(nanos, TimeUnit.NANOSECONDS);
  }

  void settlementLost() {
    lost.increment();
  }
}
