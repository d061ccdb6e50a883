package platform.deepseek.inference.api.stream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.JsonBytes;

/** OpenAI's error body: {@code {"error":{"message","type","param","code"}}}. */
public final class ErrorBody {

  private ErrorBody() {}

  public static JsonBytes json(ApiException failure) {
    return new JsonBytes(256)
        .raw("{\"error\":{\"message\":")
        .string(failure.getMessage())
        .raw(",\"type\":")
        .string(failure.error().kind.type)
        .raw(",\"param\":")
        .string(failure.param())
        .raw(",\"code\":")
        .string(failure.error().code())
        .raw("}}");
  }

  /** The whole answer; does nothing when the client is gone. */
  public static void send(HttpServerResponse response, ApiException failure) {
    if (response.ended() || response.closed()) {
      return;
    }
    if (failure.retryAfter() != null) {
      response.putHeader("retry-after", Long.toString(wholeSeconds(failure)));
    }
    response
        .setStatusCode(failure.error().status)
        .putHeader("content-type", "application/json")
        .end(json(failure).toBuffer());
  }

  /** The one event that tells of a failure after the first byte. */
  public static Buffer event(ApiException failure) {
    return Buffer.buffer(
        new JsonBytes(256).raw("data: ").raw(json(failure).toBytes()).raw("\n\n").toBytes());
  }

  private static long wholeSeconds(ApiException failure) {
    return Math.max(1, (failure.retryAfter().toMillis() + 999) / 1000);
  }
}
