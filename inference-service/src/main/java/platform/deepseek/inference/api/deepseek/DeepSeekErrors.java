package platform.deepseek.inference.api.deepseek;

import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.openai.OpenAiErrors;

/**
 * DeepSeek's statuses and bodies: OpenAI's shape, in which {@code code} is always {@code
 * invalid_request_error} and a value that is out of range is a 422.
 */
public final class DeepSeekErrors implements ErrorStyle {

  public static final DeepSeekErrors STYLE = new DeepSeekErrors();

  private DeepSeekErrors() {}

  @Override
  public int status(ApiException failure) {
    return switch (failure.error()) {
      case INVALID_VALUE, UNKNOWN_PARAMETER -> 422;
      case MODEL_NOT_FOUND -> 400;
      default -> failure.error().status;
    };
  }

  @Override
  public JsonBytes body(ApiException failure) {
    return OpenAiErrors.body(failure, type(failure.error()), "invalid_request_error");
  }

  private static String type(ApiError error) {
    return switch (error) {
      case INVALID_API_KEY, KEY_EXPIRED, KEY_REVOKED -> "authentication_error";
      case BUDGET_EXHAUSTED -> "unknown_error";
      default -> error.kind.type;
    };
  }
}
