package platform.deepseek.auth.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import platform.deepseek.auth.factor.Proof;

/** Counts shown second factors by what they were worth. Every series exists from the start. */
public final class FactorMetrics {

  private enum Outcome {
    TOTP,
    RECOVERY,
    WRONG,
    REPLAYED,
    LOCKED,
    NOT_ENROLLED
  }

  private final Map<Outcome, Counter> shown = new EnumMap<>(Outcome.class);

  public FactorMetrics(MeterRegistry registry) {
    for (Outcome outcome : Outcome.values()) {
      shown.put(
          outcome,
          Counter.builder("deepseek.auth.second.factors")
              .description("Codes that administrators showed, by what they were worth")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
  }

  public void shown(Proof proof) {
    shown.get(outcome(proof)).increment();
  }

  private static Outcome outcome(Proof proof) {
    return switch (proof) {
      case Proof.Accepted(Proof.Method method) ->
          switch (method) {
            case TOTP -> Outcome.TOTP;
            case RECOVERY -> Outcome.RECOVERY;
          };
      case Proof.Wrong wrong -> Outcome.WRONG;
      case Proof.Replayed replayed -> Outcome.REPLAYED;
      case Proof.Locked locked -> Outcome.LOCKED;
      case Proof.NotEnrolled none -> Outcome.NOT_ENROLLED;
    };
  }
}
