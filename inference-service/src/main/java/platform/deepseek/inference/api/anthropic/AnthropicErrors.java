package platform.deepseek.inference.api.anthropic;

import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ContextLengthException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.JsonBytes;

/** Anthropic's error body: {@code {"type":"error","error":{"type","message"}}}. */
public final class AnthropicErrors implements ErrorStyle {

  public static final AnthropicErrors STYLE = new AnthropicErrors();

  private static final int OVERLOADED = 529;

  /** A client that learns from {@code details} that it is refused sends whole conversations. */
  private static final String THREAD = "thread";

  private AnthropicErrors() {}

  @Override
  public int status(ApiException failure) {
    return switch (failure.error()) {
      case UNKNOWN_URL, MODEL_NOT_FOUND -> 404;
      case DEADLINE_EXCEEDED, OUT_OF_MEMORY, DEVICE_LOST, SHUTTING_DOWN -> OVERLOADED;
      case RUNNER_FAILED -> 500;
      default -> failure.error().status;
    };
  }

  @Override
  public JsonBytes body(ApiException failure) {
    return body(failure, null);
  }

  @Override
  public JsonBytes body(ApiException failure, String requestId) {
    JsonBytes body =
        new JsonBytes(256)
            .raw("{\"type\":\"error\",\"error\":{\"type\":")
            .string(type(status(failure)))
            .raw(",\"message\":")
            .string(message(failure));
    if (failure.error() == ApiError.UNSUPPORTED_PARAMETER && THREAD.equals(failure.param())) {
      body.raw(",\"details\":{\"error_code\":\"thread_unsupported_request\"")
          .raw(",\"unsupported\":[\"thread\"]}");
    }
    body.raw("}");
    return requestId == null
        ? body.raw("}")
        : body.raw(",\"request_id\":").string(requestId).raw("}");
  }

  /** Anthropic's clients find these words, and lower max_tokens to what the numbers leave. */
  private static String message(ApiException failure) {
    if (!(failure instanceof ContextLengthException tooLong)) {
      return failure.getMessage();
    }
    if (tooLong.promptTokens() > tooLong.contextLength()) {
      return "prompt is too long: %s%d tokens > %d maximum"
          .formatted(
              tooLong.atLeast() ? "at least " : "",
              tooLong.promptTokens(),
              tooLong.contextLength());
    }
    return ("input length and `max_tokens` exceed context limit: %d + %d > %d, decrease input"
            + " length or `max_tokens` and try again")
        .formatted(tooLong.promptTokens(), tooLong.maxTokens(), tooLong.contextLength());
  }

  /** The names of Anthropic's API reference. */
  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 402 -> "billing_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case OVERLOADED -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }
}
