package platform.deepseek.inference.api.json;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * What a sibling service answered to a request of ours. Two habits of Vert.x' client are met here:
 *
 * <ul>
 *   <li>Its limits end with the head: a service that stops in the middle of a body would be waited
 *       for without an end.
 *   <li>A body that nobody reads when it comes is thrown away, and who asks for it later waits for
 *       ever. So its reader is there from the head on, put there by the request's own event loop: a
 *       caller on another thread may be taken off its processor between sending and reading.
 * </ul>
 *
 * @param body all of it
 */
public record WholeAnswer(int status, Buffer body) {

  /** When it has to be whole, by {@link System#nanoTime}. */
  public record Deadline(long nanos) {

    public static Deadline in(Duration time) {
      return new Deadline(System.nanoTime() + time.toNanos());
    }

    public long leftMillis() {
      return TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime());
    }
  }

  /** Sends the request and fails when there is no whole answer in time. */
  public static Future<WholeAnswer> to(
      Future<HttpClientRequest> request, Buffer body, Deadline deadline) {
    return begun(request, body, deadline).compose(Function.identity());
  }

  /**
   * Sends the request and succeeds with the answer's head, while the rest is being read: what fails
   * before it and what fails behind it can be told apart.
   */
  public static Future<Future<WholeAnswer>> begun(
      Future<HttpClientRequest> request, Buffer body, Deadline deadline) {
    return request.compose(made -> made.send(body).map(response -> read(response, deadline)));
  }

  /**
   * To a request that is yet to be sent, in pieces; called on its event loop.
   *
   * @param within from the head on
   */
  public static Future<WholeAnswer> to(HttpClientRequest request, Duration within) {
    return request.response().compose(response -> read(response, Deadline.in(within)));
  }

  private static Future<WholeAnswer> read(HttpClientResponse response, Deadline deadline) {
    return response
        .body()
        .timeout(Math.max(1, deadline.leftMillis()), TimeUnit.MILLISECONDS)
        .onFailure(failure -> response.request().reset())
        .map(body -> new WholeAnswer(response.statusCode(), body));
  }
}
