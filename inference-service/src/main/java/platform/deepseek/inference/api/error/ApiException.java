package platform.deepseek.inference.api.error;

import java.time.Duration;
import java.util.Map;
import platform.deepseek.inference.engine.EngineError;

/** A failure to be told to the client. It carries no stack trace: it is an answer, not a fault. */
public sealed class ApiException extends RuntimeException permits ContextLengthException {

  private static final long serialVersionUID = 1;
  private static final int LONGEST_MESSAGE = 1_000;

  private final ApiError error;
  private final String param;
  private final Duration retryAfter;
  private final transient Map<String, String> headers;

  public ApiException(ApiError error, String message) {
    this(error, message, null, null, Map.of());
  }

  public ApiException(ApiError error, String message, String param) {
    this(error, message, param, null, Map.of());
  }

  /**
   * @param param the request's field that is to blame, or null
   * @param retryAfter how long to wait before trying again, or null
   * @param headers that the client is told besides
   */
  public ApiException(
      ApiError error,
      String message,
      String param,
      Duration retryAfter,
      Map<String, String> headers) {
    super(bounded(message), null, false, false);
    this.error = error;
    this.param = param;
    this.retryAfter = retryAfter;
    this.headers = Map.copyOf(headers);
  }

  /** A message may show what was sent: not megabytes of it. */
  private static String bounded(String message) {
    if (message.length() <= LONGEST_MESSAGE) {
      return message;
    }
    boolean splits = Character.isHighSurrogate(message.charAt(LONGEST_MESSAGE - 1));
    return message.substring(0, splits ? LONGEST_MESSAGE - 1 : LONGEST_MESSAGE) + "...";
  }

  public static ApiException of(EngineError error) {
    ApiError code =
        switch (error.code()) {
          case QUEUE_FULL -> ApiError.QUEUE_FULL;
          case DEADLINE_EXCEEDED -> ApiError.DEADLINE_EXCEEDED;
          case OUT_OF_MEMORY -> ApiError.OUT_OF_MEMORY;
          case RUNNER_FAILED -> ApiError.RUNNER_FAILED;
          case DEVICE_LOST -> ApiError.DEVICE_LOST;
          case CONSTRAINT_FAILED -> ApiError.INTERNAL_ERROR;
          case CONSTRAINT_TOO_COSTLY -> ApiError.GRAMMAR_TOO_COSTLY;
          case SHUTTING_DOWN -> ApiError.SHUTTING_DOWN;
        };
    return new ApiException(code, error.message(), null, error.retryAfter(), Map.of());
  }

  public ApiError error() {
    return error;
  }

  /** The request's field that is to blame, such as {@code messages[2].content}, or null. */
  public String param() {
    return param;
  }

  /** How long to wait before trying again, or null. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** What the client is told besides, such as what is left of its limits. */
  public Map<String, String> headers() {
    return headers;
  }
}
