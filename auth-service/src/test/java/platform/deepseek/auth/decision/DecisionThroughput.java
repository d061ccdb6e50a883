package platform.deepseek.auth.decision;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.http.DecisionRoute;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.limit.RealRedis;
import platform.deepseek.auth.metrics.DecisionMetrics;
import platform.deepseek.auth.network.AddressList;
import platform.deepseek.auth.network.TrustedProxies;
import platform.deepseek.auth.traffic.SourceWatch;

/**
 * How many decisions one core makes: the route over HTTP on one event loop, with Redis, a limit of
 * requests, of tokens, of concurrency and a budget. It is told by the processor time of the
 * service's threads, the route's and the Redis client's, so that the client, Redis and whatever
 * else runs on the machine do not blur it. Each decision's reservation stays open. A program to be
 * started by hand.
 */
public final class DecisionThroughput {

  private static final int DECISIONS = 15_000;
  private static final int WARM_UP = 4; // runs: until the compiler has nothing left to do

  private DecisionThroughput() {}

  public static void main(String[] arguments) throws Exception {
    Vertx server = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    try (RealRedis redis = new RealRedis();
        World world = new World(Optional.of(() -> redis.client(server)), Duration.ofHours(1))) {
      Limits limits =
          Limits.of(Measure.REQUESTS_PER_SECOND, 1_000_000)
              .with(Measure.TOKENS_PER_MINUTE, 1_000_000_000_000L)
              .with(Measure.CONCURRENT_REQUESTS, 1_000_000_000)
              .with(Measure.TOKENS_PER_MONTH, 1_000_000_000_000L);
      String key = world.key(Role.DEVELOPER, Restrictions.NONE, limits).key().reveal();
      int port = start(server, world);
      Buffer body =
          Buffer.buffer(
              """
              {"credential":"%s","clientAddress":"10.1.2.3","method":"POST",
              "path":"/v1/chat/completions","model":"m","promptTokens":120,"maxTokens":800}
              """
                  .formatted(key));
      Vertx clients = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
      HttpClient client =
          clients.createHttpClient(new HttpClientOptions().setMaxPoolSize(64).setDefaultPort(port));
      Context loop = clients.getOrCreateContext();
      for (int i = 0; i < WARM_UP; i++) {
        run(loop, client, body, 64, new long[DECISIONS]);
      }
      for (int concurrent : new int[] {64, 64, 64, 8, 1}) {
        long[] nanos = new long[concurrent == 1 ? DECISIONS / 10 : DECISIONS];
        long cpu = serviceTime(clients);
        long start = System.nanoTime();
        int allowed = run(loop, client, body, concurrent, nanos);
        double seconds = (System.nanoTime() - start) / 1e9;
        double busy = (serviceTime(clients) - cpu) / 1e9;
        Arrays.sort(nanos);
        System.out.printf(
            "%d at once: %,d decisions, %,d allowed, %.1f s; %,.0f/s; %,.0f/s per core;"
                + " p50 %.2f ms, p99 %.2f ms%n",
            concurrent,
            nanos.length,
            allowed,
            seconds,
            nanos.length / seconds,
            nanos.length / busy,
            nanos[nanos.length / 2] / 1e6,
            nanos[nanos.length * 99 / 100] / 1e6);
      }
      clients.close().toCompletionStage().toCompletableFuture().join();
      server.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** Nanoseconds that all threads but the client's and this one have computed. */
  private static long serviceTime(Vertx clients) throws Exception {
    CompletableFuture<Long> client = new CompletableFuture<>();
    clients
        .getOrCreateContext()
        .runOnContext(run -> client.complete(Thread.currentThread().threadId()));
    long clientLoop = client.get();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return LongStream.of(threads.getAllThreadIds())
        .filter(id -> id != clientLoop && id != Thread.currentThread().threadId())
        .map(threads::getThreadCpuTime)
        .filter(time -> time > 0)
        .sum();
  }

  static int start(Vertx vertx, World world) {
    int[] port = new int[1];
    vertx
        .deployVerticle(
            new AbstractVerticle() {
              @Override
              public void start(Promise<Void> started) {
                Router router = Router.router(vertx);
                router
                    .post("/v1/decisions")
                    .handler(
                        new DecisionRoute(
                            world.decisions,
                            new TrustedProxies(AddressList.of(List.of())),
                            new SourceWatch(
                                1_000_000_000, Optional.empty(), List.of(), world.clock),
                            new DecisionMetrics(
                                new SimpleMeterRegistry(), world.limiter, world.settlements)));
                vertx
                    .createHttpServer()
                    .requestHandler(router)
                    .listen(0, "127.0.0.1")
                    .onSuccess(server -> port[0] = server.actualPort())
                    .<Void>mapEmpty()
                    .onComplete(started);
              }
            })
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    return port[0];
  }

  private static int run(Context loop, HttpClient client, Buffer body, int concurrent, long[] nanos)
      throws InterruptedException {
    Semaphore free = new Semaphore(concurrent);
    AtomicInteger allowed = new AtomicInteger();
    AtomicLongArray times = new AtomicLongArray(nanos.length);
    for (int i = 0; i < nanos.length; i++) {
      free.acquire();
      int at = i;
      long start = System.nanoTime();
      // On the client's own loop: an answer that comes before somebody listens to it is lost.
      loop.runOnContext(
          run ->
              client
                  .request(HttpMethod.POST, "/v1/decisions")
                  .compose((HttpClientRequest request) -> request.send(body))
                  .compose(HttpClientResponse::body)
                  .onComplete(
                      done -> {
                        times.set(at, System.nanoTime() - start);
                        if (done.succeeded()
                            && done.result().toString().startsWith("{\"allow\":true")) {
                          allowed.incrementAndGet();
                        }
                        free.release();
                      }));
    }
    free.acquire(concurrent);
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = times.get(i);
    }
    return allowed.get();
  }
}
