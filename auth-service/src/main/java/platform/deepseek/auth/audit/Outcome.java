package platform.deepseek.auth.audit;

import java.util.Locale;

/** How it went. */
public enum Outcome {
  /** About to be done: what comes of it is told by an event with the same correlation. */
  ATTEMPTED,
  SUCCEEDED,
  /** Not allowed. */
  DENIED,
  /** Allowed, and went wrong. */
  FAILED;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
