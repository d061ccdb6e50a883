package platform.deepseek.inference.api.authorization;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A request may not be answered.
 *
 * @param code of auth-service, which may know more of them than this service
 * @param retryAfter empty when waiting does not help
 */
record Denial(
    int status,
    String code,
    String message,
    Optional<Duration> retryAfter,
    Map<String, String> headers) {}
