package platform.deepseek.inference.api.stream;

import io.vertx.core.http.HttpServerResponse;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;

/** A failure as the whole answer. */
public final class ErrorBody {

  private ErrorBody() {}

  /** Does nothing when the client is gone. */
  public static void send(HttpServerResponse response, ApiException failure, ErrorStyle style) {
    if (response.ended() || response.closed()) {
      return;
    }
    failure.headers().forEach(response::putHeader);
    if (failure.retryAfter() != null) {
      response.putHeader("retry-after", Long.toString(wholeSeconds(failure)));
    }
    response
        .setStatusCode(style.status(failure))
        .putHeader("content-type", "application/json")
        .end(style.body(failure, RequestId.of(response)).toBuffer());
  }

  private static long wholeSeconds(ApiException failure) {
    return Math.max(1, (failure.retryAfter().toMillis() + 999) / 1000);
  }
}
