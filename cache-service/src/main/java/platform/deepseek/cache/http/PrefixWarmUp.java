package platform.deepseek.cache.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicLong;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.Digests;
import platform.deepseek.cache.prefix.PrefixCache;

/**
 * Blocks read before the first prefix is asked for, from the disk and over HTTP at a port of its
 * own on the loopback address. The first prefix after a restart, for which all of this is made,
 * otherwise meets code that is still interpreted, a heap that still grows, and takes half as long
 * again. One block stays on the disk, in the same place at each start.
 */
public final class PrefixWarmUp {

  private static final String NOBODY = "-/warm-up";
  private static final CacheKey NAME = CacheKey.of(Digests.sha256(new byte[0]));

  /** No multiple of anything: code compiled for whole pieces only would be thrown away again. */
  private static final int BLOCK_BYTES = (2 << 20) + 4_321;

  /** As many as a prompt of 2,000 tokens has. */
  private static final int BLOCKS = 32;

  private static final int MOST_READS = 5;
  private static final long MOST_NANOS = Duration.ofSeconds(2).toNanos();

  private final Vertx vertx;
  private final PrefixCache cache;
  private final AtomicLong received = new AtomicLong();
  private final long begun = System.nanoTime();
  private int reads;

  /**
   * @param cache with keys and counts of its own, above the disk
   */
  public PrefixWarmUp(Vertx vertx, PrefixCache cache) {
    this.vertx = vertx;
    this.cache = cache;
  }

  /** How many bytes came back; fails where there is no free port. */
  public Future<Long> run() {
    return Future.fromCompletionStage(cache.write(NOBODY, NAME, new byte[BLOCK_BYTES]))
        .compose(kept -> kept ? readAll() : Future.succeededFuture(0L));
  }

  private Future<Long> readAll() {
    Router router = Router.router(vertx);
    router.post("/v1/prefixes/reads").handler(new PrefixRoutes(cache).read());
    HttpServer server = vertx.createHttpServer().requestHandler(router);
    return server
        .listen(0, "127.0.0.1")
        .compose(
            listening -> {
              HttpClient client =
                  vertx.createHttpClient(
                      new HttpClientOptions()
                          .setDefaultHost("127.0.0.1")
                          .setDefaultPort(listening.actualPort()));
              return next(client)
                  .transform(done -> client.close())
                  .transform(closed -> listening.close());
            })
        .map(closed -> received.get());
  }

  private Future<Void> next(HttpClient client) {
    if (++reads > MOST_READS || System.nanoTime() - begun > MOST_NANOS) {
      return Future.succeededFuture();
    }
    return client
        .request(HttpMethod.POST, "/v1/prefixes/reads")
        .compose(request -> request.putHeader(PrefixRoutes.TENANT, NOBODY).send(names()))
        .compose(this::count)
        .compose(over -> next(client));
  }

  private Future<Void> count(HttpClientResponse response) {
    response.handler(piece -> received.addAndGet(piece.length()));
    return response.end();
  }

  private static Buffer names() {
    String name = '"' + NAME.toString() + '"';
    return Buffer.buffer(
        "{\"names\":[" + String.join(",", Collections.nCopies(BLOCKS, name)) + "]}");
  }
}
