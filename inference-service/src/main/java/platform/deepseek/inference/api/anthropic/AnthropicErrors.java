package platform.deepseek.inference.api.anthropic;

import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.JsonBytes;

/** Anthropic's error body: {@code {"type":"error","error":{"type","message"}}}. */
public final class AnthropicErrors implements ErrorStyle {

  public static final AnthropicErrors STYLE = new AnthropicErrors();

  private static final int OVERLOADED = 529;

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
    return new JsonBytes(256)
        .raw("{\"type\":\"error\",\"error\":{\"type\":")
        .string(type(status(failure)))
        .raw(",\"message\":")
        .string(failure.getMessage())
        .raw("}}");
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
