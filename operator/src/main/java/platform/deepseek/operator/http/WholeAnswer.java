package platform.deepseek.operator.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An answer whose body too comes within the request's time limit. The client's own limit ends with
 * the head (JDK-8208693): a server that stops in the middle of a body would hold its caller for
 * ever.
 */
public final class WholeAnswer {

  private WholeAnswer() {}

  /**
   * @throws HttpTimeoutException when it is not whole in time
   */
  public static <T> HttpResponse<T> of(
      HttpClient client, HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    var patience = request.timeout().orElseThrow();
    var answer = client.sendAsync(request, handler);
    try {
      return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no whole answer within %d ms".formatted(patience.toMillis()));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      answer.cancel(true);
    }
  }
}
