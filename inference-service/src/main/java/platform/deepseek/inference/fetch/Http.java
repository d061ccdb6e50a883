package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

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
  private static final Duration ANSWER = Duration.ofSeconds(60);

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

  @Override
  public void close() {
    client.shutdownNow();
  }
}
