package platform.deepseek.inference.api.authorization;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.engine.Share;

/** Whether a request may be answered. */
sealed interface Decision {

  /**
   * It may.
   *
   * @param holder tenant and user, or key where it is nobody's own
   * @param reservation to be settled; empty when nothing is held
   * @param headers for the client
   */
  record Allow(
      String holder,
      String cacheSalt,
      Share share,
      Optional<String> reservation,
      long maxTokens,
      Map<String, String> headers)
      implements Decision {}

  /**
   * It may not.
   *
   * @param code of auth-service, which may know more of them than this service
   * @param retryAfter empty when waiting does not help
   */
  record Deny(
      int status,
      String code,
      String message,
      Optional<Duration> retryAfter,
      Map<String, String> headers)
      implements Decision {}
}
