package platform.deepseek.auth.factor;

import java.time.Instant;
import java.util.Locale;

/** What a shown code is worth. */
public sealed interface Proof {

  /** How somebody proved it. */
  enum Method {
    /** By a code of an authenticator app. */
    TOTP,
    /** By a recovery code. */
    RECOVERY;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  record Accepted(Method method) implements Proof {}

  /**
   * @param triesLeft before the user is locked out
   */
  record Wrong(int triesLeft) implements Proof {}

  /** It was right and has been used already, or one after it. */
  record Replayed() implements Proof {}

  /**
   * @param until nothing is looked at
   */
  record Locked(Instant until) implements Proof {}

  /** The user has no second factor that could be proven, or none that waits for its first code. */
  record NotEnrolled() implements Proof {}
}
