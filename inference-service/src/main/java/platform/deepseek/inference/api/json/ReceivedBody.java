package platform.deepseek.inference.api.json;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer to a request of ours. The limits of Vert.x' requests end with the head of
 * the answer: a service that stops in the middle of a body would be waited for without an end.
 */
public final class ReceivedBody {

  private ReceivedBody() {}

  /** All of it in time, or the connection is given up. */
  public static Future<Buffer> within(Duration patience, HttpClientResponse response) {
    return response
        .body()
        .timeout(Math.max(1, patience.toMillis()), TimeUnit.MILLISECONDS)
        .onFailure(failure -> response.request().reset());
  }
}
