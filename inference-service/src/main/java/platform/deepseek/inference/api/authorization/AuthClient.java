package platform.deepseek.inference.api.authorization;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import platform.deepseek.inference.api.json.WholeAnswer;
import platform.deepseek.inference.api.json.WholeAnswer.Deadline;

/**
 * Speaks HTTP with auth-service, over connections that stay open. A replica that is killed leaves
 * some behind whose end has not been read yet: a question that goes out on one of them is never
 * answered, though another replica could. It is put once more, on a connection of its own, which
 * cannot be such a one. Identities, settlements, prompts and renewals may be told twice; a decision
 * that was made and never heard reserves until its lease ends, as it does when the client, told 503
 * instead, asks again.
 */
final class AuthClient {

  private static final String SERVICE_KEY = "x-deepseek-service-key";

  /** Questions that wait for a connection at most: who comes then is told at once. */
  private static final int MOST_WAITING = 4_096;

  /**
   * Shorter than a replica that stops serves on: a silent connection is left in time, and one that
   * is used is closed behind its answer, so that no question meets a connection that ends.
   */
  private static final int KEEP_ALIVE_SECONDS = 1;

  private final HttpClient client;
  private final HttpClient unshared;
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
    this.client = vertx.createHttpClient(options(config).setKeepAliveTimeout(KEEP_ALIVE_SECONDS));
    this.unshared = vertx.createHttpClient(options(config).setKeepAlive(false));
  }

  private static HttpClientOptions options(AuthorizationConfig config) {
    return new HttpClientOptions()
        .setMaxPoolSize(config.connections())
        .setMaxWaitQueueSize(MOST_WAITING)
        .setTcpNoDelay(true)
        .setConnectTimeout(Math.toIntExact(config.patience().toMillis()));
  }

  /** Fails when there is no whole answer in time. */
  Future<WholeAnswer> post(String path, Buffer body) {
    Deadline deadline = Deadline.in(patience);
    return ask(client, path, body, deadline)
        .recover(
            failure ->
                isBrokenOff(failure) && deadline.leftMillis() > 0
                    ? ask(unshared, path, body, deadline)
                    : Future.failedFuture(failure))
        .compose(Function.identity());
  }

  /** Fails, as opposed to what it leads to, only before the answer has begun. */
  private Future<Future<WholeAnswer>> ask(
      HttpClient client, String path, Buffer body, Deadline deadline) {
    return WholeAnswer.begun(client.request(options(path, deadline)), body, deadline);
  }

  private RequestOptions options(String path, Deadline deadline) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(host)
            .setPort(port)
            .setSsl(tls)
            .setURI(path)
            .setTimeout(Math.max(1, deadline.leftMillis()))
            .putHeader("content-type", "application/json");
    serviceKey.ifPresent(key -> options.putHeader(SERVICE_KEY, key));
    return options;
  }

  /** The connection ended, and not our patience: there was one. */
  private static boolean isBrokenOff(Throwable failure) {
    return failure instanceof HttpClosedException
        || (failure instanceof IOException && !(failure instanceof ConnectException));
  }
}
