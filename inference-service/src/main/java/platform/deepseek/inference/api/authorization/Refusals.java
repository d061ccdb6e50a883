package platform.deepseek.inference.api.authorization;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/** A refusal of auth-service as a failure of this service: the same code where there is one. */
final class Refusals {

  private static final Map<String, ApiError> CODES =
      Arrays.stream(ApiError.values())
          .collect(Collectors.toMap(ApiError::code, Function.identity()));

  private static final Duration SOON = Duration.ofSeconds(2);

  private Refusals() {}

  static ApiException of(Denial denial) {
    ApiError error = error(denial);
    Map<String, String> headers = new LinkedHashMap<>(denial.headers());
    headers.remove("retry-after"); // told by the failure itself, whatever its dialect
    return new ApiException(
        error,
        denial.message(),
        error == ApiError.MODEL_NOT_ALLOWED ? "model" : null,
        denial.retryAfter().orElse(error == ApiError.AUTHORIZATION_UNAVAILABLE ? SOON : null),
        headers);
  }

  /**
   * What a client wrote into its headers or its request's line is nothing that auth-service reads,
   * such as a key with control characters. Only that request is refused: auth-service is not away.
   *
   * @param body of the answer with status 400
   */
  static Optional<ApiException> ofUnreadable(JsonNode body) {
    JsonNode error = body.path("error");
    if (!error.path("code").asText().equals("invalid_value")) {
      return Optional.empty();
    }
    return switch (error.path("param").asText()) {
      case "credential" ->
          Optional.of(
              new ApiException(
                  ApiError.INVALID_API_KEY,
                  "The API key has characters or a length that no key has."));
      case "forwardedFor", "method", "path" ->
          Optional.of(
              new ApiException(
                  ApiError.MALFORMED_REQUEST,
                  "The request's method, path or X-Forwarded-For is too long or has control"
                      + " characters."));
      default -> Optional.empty();
    };
  }

  /** Nothing was decided, so nobody is let in. */
  static ApiException unavailable() {
    return new ApiException(
        ApiError.AUTHORIZATION_UNAVAILABLE,
        "Keys and budgets cannot be checked at the moment, so nobody new is let in. Try again in a"
            + " few seconds.",
        null,
        SOON,
        Map.of());
  }

  /** The tenant's audit has to keep every request, and cannot. */
  static ApiException auditUnavailable() {
    return new ApiException(
        ApiError.AUTHORIZATION_UNAVAILABLE,
        "Your tenant has its audit keep every request, and it cannot at the moment, so nothing is"
            + " answered. Try again in a few seconds.",
        null,
        SOON,
        Map.of());
  }

  private static ApiError error(Denial denial) {
    ApiError same = CODES.get(denial.code());
    if (same != null && same.status == denial.status()) {
      return same;
    }
    return switch (denial.status()) {
      case 401 -> ApiError.INVALID_API_KEY;
      case 402 -> ApiError.BUDGET_EXHAUSTED;
      case 404 -> ApiError.UNKNOWN_URL;
      case 429 -> ApiError.RATE_LIMIT_EXCEEDED;
      case 503 -> ApiError.AUTHORIZATION_UNAVAILABLE;
      default -> ApiError.PERMISSION_DENIED;
    };
  }
}
