package platform.deepseek.auth.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.error.ErrorBody;

/** Answers in JSON. */
final class Replies {

  private Replies() {}

  /** Does nothing when the client is gone. */
  static void send(HttpServerResponse response, int status, Object body) {
    if (response.ended() || response.closed()) {
      return;
    }
    try {
      response
          .setStatusCode(status)
          .putHeader("content-type", "application/json")
          .end(Buffer.buffer(JsonBody.MAPPER.writeValueAsBytes(body)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static void fail(HttpServerResponse response, int status, String code, String message) {
    send(response, status, ErrorBody.of(status, code, message, null));
  }

  static void fail(HttpServerResponse response, BadRequest failure) {
    send(
        response,
        failure.status(),
        ErrorBody.of(failure.status(), failure.code(), failure.getMessage(), failure.param()));
  }
}
