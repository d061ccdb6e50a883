package platform.deepseek.inference.api.openai;

import io.vertx.core.buffer.Buffer;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.JsonBytes;

/** OpenAI's error body: {@code {"error":{"message","type","param","code"}}}. */
public final class OpenAiErrors implements ErrorStyle {

  public static final OpenAiErrors STYLE = new OpenAiErrors();

  private OpenAiErrors() {}

  @Override
  public int status(ApiException failure) {
    return failure.error().status;
  }

  @Override
  public JsonBytes body(ApiException failure) {
    return body(failure, failure.error().kind.type, failure.error().code());
  }

  /** The one event that tells of a failure after the first byte. */
  static Buffer event(ApiException failure, ErrorStyle style) {
    return new JsonBytes(256)
        .raw("data: ")
        .raw(style.body(failure).toBytes())
        .raw("\n\n")
        .toBuffer();
  }

  /** The same shape with another type and code. */
  public static JsonBytes body(ApiException failure, String type, String code) {
    return new JsonBytes(256)
        .raw("{\"error\":{\"message\":")
        .string(failure.getMessage())
        .raw(",\"type\":")
        .string(type)
        .raw(",\"param\":")
        .string(failure.param())
        .raw(",\"code\":")
        .string(code)
        .raw("}}");
  }
}
