package platform.deepseek.cache.http;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.entry.Entry;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.metrics.LookupTimer;

/**
 * Lookups before the first request, over HTTP at a port of its own on the loopback address: a fresh
 * process takes a hundred times its usual fraction of a millisecond for the first ones, while
 * classes are loaded and connections opened, and whoever asks waits 20 ms. Most of these are hits;
 * some go down all tiers, which opens the connections to them. Nothing is kept.
 */
public final class WarmUp {

  private static final int LOOKUPS = 3_000;
  private static final int AT_ONCE = 8;
  private static final int MISS_EVERY = 200;
  private static final long MOST_NANOS = Duration.ofSeconds(2).toNanos();
  private static final String QUESTION =
      """
      {"tenant":"-","cacheSalt":"-","model":{"weights":"-","tokenizer":"-","template":"-","engine":"-"},
       "request":{"messages":[{"role":"user","content":"%s"}],"temperature":0,"max_tokens":100},
       "control":{"store":false}}
      """;
  private static final String ANSWER =
      "{\"finishReason\":\"stop\",\"usage\":{},\"computeMillis\":0,\"answer\":{\"content\":\"-\"}}";

  private final Vertx vertx;
  private final LookupRoute route;
  private final String known = UUID.randomUUID().toString();
  private final String unknown = UUID.randomUUID().toString();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger hits = new AtomicInteger();
  private final long begun = System.nanoTime();

  /**
   * @param cache with a memory of its own, which is written, above the tiers, which are not
   * @param memory what puts an entry into that memory
   */
  public WarmUp(
      Vertx vertx, AnswerCache cache, BiConsumer<Address, Entry> memory, MasterKey master) {
    this.vertx = vertx;
    this.route =
        new LookupRoute(
            cache,
            new LeaseToken(master),
            Duration.ofSeconds(1),
            new LookupTimer(new SimpleMeterRegistry()));
    KeyMaterial material = LookupRoute.material(question(known));
    memory.accept(
        Address.of(material.key(), material),
        new Entry(
            System.currentTimeMillis(),
            System.currentTimeMillis() + Duration.ofMinutes(1).toMillis(),
            0,
            Buffer.buffer(ANSWER).getBytes()));
  }

  /** How many hits there were; fails where there is no free port. */
  public Future<Integer> run() {
    Router router = Router.router(vertx);
    router.post("/v1/lookups").handler(new ServiceGuard(Optional.empty(), true).guard(route));
    HttpServer server = vertx.createHttpServer().requestHandler(router);
    return server
        .listen(0, "127.0.0.1")
        .compose(
            listening -> {
              HttpClient client =
                  vertx.createHttpClient(
                      new HttpClientOptions()
                          .setDefaultHost("127.0.0.1")
                          .setDefaultPort(listening.actualPort())
                          .setMaxPoolSize(AT_ONCE));
              return Future.join(
                      Collections.nCopies(AT_ONCE, 0).stream().map(i -> next(client)).toList())
                  .transform(done -> client.close())
                  .transform(closed -> listening.close());
            })
        .map(closed -> hits.get());
  }

  private Future<Void> next(HttpClient client) {
    int number = asked.incrementAndGet();
    if (number > LOOKUPS || System.nanoTime() - begun > MOST_NANOS) {
      return Future.succeededFuture();
    }
    return client
        .request(HttpMethod.POST, "/v1/lookups")
        .compose(request -> request.send(question(number % MISS_EVERY == 1 ? unknown : known)))
        .compose(response -> response.body())
        .compose(
            body -> {
              if (body.toString().startsWith("{\"outcome\":\"hit\"")) {
                hits.incrementAndGet();
              }
              return next(client);
            });
  }

  private static Buffer question(String text) {
    return Buffer.buffer(QUESTION.formatted(text));
  }
}
