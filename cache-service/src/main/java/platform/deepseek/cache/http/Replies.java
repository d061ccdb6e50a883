package platform.deepseek.cache.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.error.ErrorBody;

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

  /**
   * @param body JSON
   */
  static void send(HttpServerResponse response, int status, Buffer body) {
    if (!response.ended() && !response.closed()) {
      response.setStatusCode(status).putHeader("content-type", "application/json").end(body);
    }
  }

  /** 204: done, and there is nothing to say. */
  static void done(HttpServerResponse response) {
    if (!response.ended() && !response.closed()) {
      response.setStatusCode(204).end();
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
