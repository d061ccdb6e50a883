package platform.deepseek.inference.api.authorization;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Speaks HTTP with auth-service, over connections that stay open. */
final class AuthClient {

  private static final String SERVICE_KEY = "x-deepseek-service-key";

  /** Questions that wait for a connection at most: who comes then is told at once. */
  private static final int MOST_WAITING = 4_096;

  /**
   * Shorter than a replica that stops serves on: a silent connection is left in time, and one that
   * is used is closed behind its answer, so that no question meets a connection that ends.
   */
  private static final int KEEP_ALIVE_SECONDS = 1;

  record Answer(int status, Buffer body) {}

  private final HttpClient client;
  private final String host;
  private final int port;
  private final boolean tls;
  private final Optional<String> serviceKey;
  private final Duration patience;

  AuthClient(Vertx vertx, URI address, AuthorizationConfig config) {
    this.tls = "https".equals(address.getScheme());
    if ((!tls && !"http".equals(address.getScheme())) || address.getHost() == null) {
      throw new IllegalStateException(
          "deepseek.auth.url=%s is no address: write http://HOST:PORT or https://HOST:PORT."
              .formatted(address));
    }
    this.host = address.getHost();
    this.port = address.getPort() >= 0 ? address.getPort() : tls ? 443 : 80;
    this.serviceKey = config.serviceKey();
    this.patience = config.patience();
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setMaxPoolSize(config.connections())
                .setMaxWaitQueueSize(MOST_WAITING)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setTcpNoDelay(true)
                .setConnectTimeout(Math.toIntExact(patience.toMillis())));
  }

  /** Fails when there is no whole answer in time. */
  Future<Answer> post(String path, Buffer body) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(host)
            .setPort(port)
            .setSsl(tls)
            .setURI(path)
            .setTimeout(patience.toMillis())
            .putHeader("content-type", "application/json");
    serviceKey.ifPresent(key -> options.putHeader(SERVICE_KEY, key));
    return client
        .request(options)
        .compose(request -> request.send(body))
        .compose(
            response -> response.body().map(bytes -> new Answer(response.statusCode(), bytes)));
  }
}
