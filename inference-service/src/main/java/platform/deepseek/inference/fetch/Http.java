package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Requests that follow redirects themselves: hubs send their files from other hosts, which must not
 * see the credentials, and ranges have to survive the way there.
 */
final class Http implements AutoCloseable {

  /** The headers that prove to a source who asks. */
  @FunctionalInterface
  interface Credentials {
    Map<String, String> headers(String method, URI uri);
  }

  private static final int MOST_REDIRECTS = 5;
  private static final Duration CONNECT = Duration.ofSeconds(20);

  /** Of the head of an answer, and of the body of one that is short. */
  static final Duration ANSWER = Duration.ofSeconds(60);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final Credentials credentials;

  Http(Credentials credentials) {
    this.credentials = credentials;
  }

  /** The answer, whatever its code; its body has to be closed. */
  HttpResponse<InputStream> get(URI uri, Map<String, String> headers) throws IOException {
    return ask("GET", uri, headers);
  }

  /** The answer's headers. */
  HttpResponse<InputStream> head(URI uri) throws IOException {
    // Compressed by the server, a length would be of something else.
    return ask("HEAD", uri, Map.of("Accept-Encoding", "identity"));
  }

  private HttpResponse<InputStream> ask(String method, URI first, Map<String, String> headers)
      throws IOException {
    var uri = first;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(ANSWER)
              .method(method, HttpRequest.BodyPublishers.noBody());
      headers.forEach(request::setHeader);
      if (Objects.equals(uri.getAuthority(), first.getAuthority())
          && uri.getScheme().equals(first.getScheme())) {
        credentials.headers(method, uri).forEach(request::setHeader);
      }
      var answer = send(request.build());
      var location = answer.headers().firstValue("Location");
      if (answer.statusCode() / 100 != 3 || location.isEmpty()) {
        return answer;
      }
      answer.body().close();
      uri = uri.resolve(location.get());
    }
    throw new IOException(first + " redirects more than " + MOST_REDIRECTS + " times");
  }

  private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
    try {
      return client.send(request, BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /**
   * All of a short body. The request's time limit ended with the head of the answer, so that a
   * source which stops in the middle would hold its caller for ever.
   */
  static byte[] whole(InputStream body, Duration patience) throws IOException {
    var reading = new FutureTask<>(body::readAllBytes);
    Thread.startVirtualThread(reading);
    try {
      return reading.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new HttpTimeoutException(
          "the answer was not whole after %d ms".formatted(patience.toMillis()));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      body.close(); // ends the reading too
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
