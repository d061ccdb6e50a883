package platform.deepseek.auth.limit;

import java.time.Duration;
import java.util.Optional;

/** Whether a request passes its limits. */
public sealed interface Ruling extends Answer {

  /**
   * It does.
   *
   * @param maxTokens that it may generate: what was asked for, or what its budgets have left
   */
  record Granted(long maxTokens, Quota quota) implements Ruling {}

  /**
   * It does not.
   *
   * @param bound whose limit it was
   * @param retryAfter empty when waiting does not help, zero when it is a budget that is exhausted
   */
  record Refused(
      Bound bound, Measure measure, long limit, Optional<Duration> retryAfter, Quota quota)
      implements Ruling {}
}
