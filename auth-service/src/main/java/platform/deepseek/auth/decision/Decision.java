package platform.deepseek.auth.decision;

import java.time.Duration;
import java.util.Optional;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.limit.Quota;

/** Whether a request may be answered. */
public sealed interface Decision {

  /**
   * It may.
   *
   * @param reservation to settle when it is over; empty when nothing is held
   * @param maxTokens that it may generate: what was asked for, or what its budgets have left
   */
  record Allow(Identity identity, Optional<String> reservation, long maxTokens, Quota quota)
      implements Decision {}

  /**
   * It may not.
   *
   * @param retryAfter empty when waiting does not help
   * @param challenge what else has to be shown, for the header WWW-Authenticate
   */
  record Deny(
      Refusal refusal,
      String message,
      Optional<Duration> retryAfter,
      Quota quota,
      Optional<String> challenge)
      implements Decision {

    static Deny of(Refusal refusal, String message) {
      return new Deny(refusal, message, Optional.empty(), Quota.UNLIMITED, Optional.empty());
    }

    static Deny challenged(Refusal refusal, String message, String challenge) {
      return new Deny(refusal, message, Optional.empty(), Quota.UNLIMITED, Optional.of(challenge));
    }
  }
}
