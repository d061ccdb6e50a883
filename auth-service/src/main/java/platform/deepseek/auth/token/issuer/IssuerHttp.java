package platform.deepseek.auth.token.issuer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.StrictJson;

/**
 * Asks issuers: a bounded answer in a bounded time, no redirects, and TLS unless they are on this
 * machine or it is switched off. Only addresses that administrators entered, and those that these
 * servers name, are ever asked; nothing out of a token is.
 */
public final class IssuerHttp implements AutoCloseable {

  private static final long MOST_BYTES = 1 << 20;
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private final Duration patience;
  private final boolean plain;
  private final HttpClient client;

  public IssuerHttp(IssuerSettings settings) {
    this.patience = settings.patience();
    this.plain = settings.plain();
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.patience())
            .build();
  }

  /** Whether an address may be asked: TLS, or this machine, or switched off. */
  public static boolean isSafe(URI address, boolean plain) {
    return address.getHost() != null
        && address.getUserInfo() == null
        && address.getFragment() == null
        && ("https".equals(address.getScheme())
            || "http".equals(address.getScheme())
                && (plain || LOOPBACK.contains(address.getHost())));
  }

  /**
   * @return nothing when there is no such page
   */
  Optional<ObjectNode> get(URI address) {
    HttpResponse<byte[]> response = send(HttpRequest.newBuilder(address).GET());
    return response.statusCode() == 404 ? Optional.empty() : Optional.of(object(response));
  }

  ObjectNode post(URI address, String authorization, String form) {
    return object(
        send(
            HttpRequest.newBuilder(address)
                .header("authorization", authorization)
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))));
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder builder) {
    HttpRequest request = builder.timeout(patience).header("accept", "application/json").build();
    if (!isSafe(request.uri(), plain)) {
      throw new IssuerUnavailable(
          "%s is not asked: it has no TLS and is not on this machine".formatted(request.uri()));
    }
    // The request's own timeout ends where the headers do: a body that stops would be waited for
    // for ever, by all whose tokens are of this issuer.
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_BYTES));
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw unavailable(request, e.getCause());
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw unavailable(request, new IOException("no whole answer within " + patience, e));
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new IssuerUnavailable("the service stops", e);
    }
  }

  private static IssuerUnavailable unavailable(HttpRequest request, Throwable cause) {
    return new IssuerUnavailable("%s does not answer: %s".formatted(request.uri(), cause), cause);
  }

  private static ObjectNode object(HttpResponse<byte[]> response) {
    if (response.statusCode() != 200) {
      throw new IssuerUnavailable(
          "%s answers with status %d".formatted(response.uri(), response.statusCode()));
    }
    try {
      return StrictJson.object(response.body());
    } catch (RefusedToken e) {
      throw new IssuerUnavailable(response.uri() + " answers with what is no JSON object", e);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
