package platform.deepseek.inference.api.cache;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.json.WholeAnswer;

/** Speaks HTTP with cache-service: lookups over connections of their own, so that none waits. */
final class CacheClient {

  private static final Logger LOG = Logger.getLogger(CacheClient.class);
  private static final String LEASE = "x-deepseek-lease";

  /** Lookups that wait for a connection at most: who comes then computes at once. */
  private static final int MOST_WAITING = 1_024;

  /**
   * Shorter than a replica that stops serves on: a silent connection is left before it ends there.
   */
  private static final int KEEP_ALIVE_SECONDS = 1;

  /** For a connection, and for what nobody waits for. */
  private static final Duration UNHURRIED = Duration.ofSeconds(5);

  private final HttpClient lookups;
  private final HttpClient streams;
  private final CacheAddress address;
  private final Vertx vertx;
  private final long silence;

  CacheClient(Vertx vertx, URI address, AnswerCacheConfig config) {
    this.address = CacheAddress.of(address, config.serviceKey());
    this.vertx = vertx;
    this.silence = Math.max(1, config.streamSilence().toMillis());
    this.lookups = vertx.createHttpClient(options(config.connections()));
    this.streams = vertx.createHttpClient(options(config.streams()));
  }

  private static HttpClientOptions options(int connections) {
    return new HttpClientOptions()
        .setMaxPoolSize(connections)
        .setMaxWaitQueueSize(MOST_WAITING)
        .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
        .setTcpNoDelay(true)
        .setConnectTimeout(Math.toIntExact(UNHURRIED.toMillis()));
  }

  /** How long it may take is up to who asks. */
  Future<WholeAnswer> lookup(Buffer body) {
    return ask(
        address.to(HttpMethod.POST, "/v1/lookups").putHeader("content-type", "application/json"),
        body);
  }

  /** Gives a lease back, for another one to compute the answer; one that is kept runs out. */
  void release(Lookup.Lease lease) {
    ask(
            address
                .to(HttpMethod.DELETE, "/v1/leases/" + lease.key())
                .putHeader(LEASE, lease.token()),
            Buffer.buffer())
        .onFailure(failure -> LOG.debugf("a lease runs out: %s", failure.getMessage()));
  }

  private Future<WholeAnswer> ask(RequestOptions options, Buffer body) {
    return WholeAnswer.to(
        lookups.request(options.setTimeout(UNHURRIED.toMillis())),
        body,
        WholeAnswer.Deadline.in(UNHURRIED));
  }

  /** A request for the whole answer, to be written as it grows. */
  Future<HttpClientRequest> lead(Lookup.Lease lease) {
    return streams
        .request(
            address
                .to(HttpMethod.PUT, "/v1/streams/" + lease.stream())
                .putHeader("content-type", "application/x-ndjson")
                .putHeader(LEASE, lease.token()))
        .map(request -> request.setChunked(true));
  }

  /** A request for an answer as it grows. */
  Future<HttpClientRequest> follow(Lookup.Follow follow) {
    return streams.request(address.to(HttpMethod.GET, "/v1/streams/" + follow.stream()));
  }

  /**
   * Called when the silence has lasted too long. Who only reads an answer as it grows never learns
   * by itself that the other side is gone.
   *
   * @return what {@link #heard} takes
   */
  long whenSilent(Runnable action) {
    return vertx.setTimer(silence, passed -> action.run());
  }

  /** Ends a silence. */
  void heard(long sinceLast) {
    vertx.cancelTimer(sinceLast);
  }
}
