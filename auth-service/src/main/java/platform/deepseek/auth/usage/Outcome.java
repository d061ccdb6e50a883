package platform.deepseek.auth.usage;

import java.util.Optional;
import java.util.stream.Stream;

/** How a request ended; it decides what is charged. */
public enum Outcome {
  COMPLETED("completed"),
  /** The client left, or was stopped: what was computed until then is charged. */
  CANCELLED("cancelled"),
  /** The platform's fault: nothing is charged. */
  FAILED("failed"),
  /** Answered from the prompt cache: nothing was computed, the prompt is charged as cached. */
  CACHE_HIT("cacheHit");

  private final String label;

  Outcome(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }

  public static Optional<Outcome> of(String label) {
    return Stream.of(values()).filter(outcome -> outcome.label.equals(label)).findFirst();
  }
}
