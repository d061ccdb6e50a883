package platform.deepseek.cache.http;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import platform.deepseek.cache.answer.Replica;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.Digests;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.metrics.LookupTimer;
import platform.deepseek.cache.prefix.PrefixCache;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.RocksSettings;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Tier;

/**
 * How fast hits are, over HTTP on one event loop: from memory, from RocksDB, and blocks of a prefix
 * after a restart. Throughput is told by the processor time of the service's threads too, so that
 * the client and whatever else runs on the machine do not blur it. A program to be started by hand
 * or by make bench.
 */
public final class CacheBench {

  private static final int LOOKUPS = 15_000;
  private static final int ENTRIES = 1_000;
  private static final int BLOCKS = 32;
  private static final int BLOCK_BYTES = 1_474_560; // 64 tokens of SmolLM2-135M in bfloat16

  private CacheBench() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory("cache-bench");
    System.out.printf("%d processors%n", Runtime.getRuntime().availableProcessors());
    try (Replica replica = Replica.Plan.in(folder.resolve("memory")).rocks().start()) {
      lookups("memory", replica);
    }
    try (Replica replica = Replica.Plan.in(folder.resolve("disk")).rocks().memory(0).start()) {
      lookups("rocksdb", replica);
    }
    prefixes(folder.resolve("prefixes"));
  }

  private static void lookups(String tier, Replica replica) throws Exception {
    Vertx server = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    LookupRoute route =
        new LookupRoute(
            replica.cache,
            new LeaseToken(MasterKey.of(Replica.MASTER)),
            Duration.ofSeconds(30),
            new LookupTimer(new SimpleMeterRegistry()));
    Router router = Router.router(server);
    router.post("/v1/lookups").handler(route);
    router.put("/v1/entries/:name").handler(leases(replica).store());
    int port = serve(server, router);
    Vertx clients = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    HttpClient client =
        clients.createHttpClient(new HttpClientOptions().setMaxPoolSize(64).setDefaultPort(port));
    Buffer[] bodies =
        IntStream.range(0, ENTRIES).mapToObj(CacheBench::question).toArray(Buffer[]::new);
    for (Buffer body : bodies) {
      fill(client, body);
    }
    System.out.printf("%s: requests of %d bytes%n", tier, bodies[0].length());
    for (int concurrent : new int[] {64, 64, 8, 1}) {
      long[] nanos = new long[concurrent == 1 ? LOOKUPS / 10 : LOOKUPS];
      long cpu = serviceTime(clients);
      long start = System.nanoTime();
      int hits = run(client, bodies, concurrent, nanos);
      double seconds = (System.nanoTime() - start) / 1e9;
      double busy = (serviceTime(clients) - cpu) / 1e9;
      Arrays.sort(nanos);
      System.out.printf(
          "  %d at once: %,d hits of %,d; %,.0f/s; %.0f us of processor each, so %,.0f/s on two"
              + " cores; p50 %.2f ms, p99 %.2f ms%n",
          concurrent,
          hits,
          nanos.length,
          nanos.length / seconds,
          busy / nanos.length * 1e6,
          2 * nanos.length / busy,
          nanos[nanos.length / 2] / 1e6,
          nanos[nanos.length * 99 / 100] / 1e6);
    }
    close(clients);
    close(server);
  }

  private static LeaseRoutes leases(Replica replica) {
    return new LeaseRoutes(replica.cache, new LeaseToken(MasterKey.of(Replica.MASTER)));
  }

  private static void fill(HttpClient client, Buffer body) throws IOException {
    JsonBody lease =
        JsonBody.parse(
            client
                .request(HttpMethod.POST, "/v1/lookups")
                .compose(request -> request.send(body).compose(response -> response.body()))
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .getBytes(),
            Set.of("outcome", "key", "lease", "stream", "leaseMillis"));
    int status =
        client
            .request(HttpMethod.PUT, "/v1/entries/" + lease.text("key", 64))
            .compose(
                request ->
                    request
                        .putHeader(LeaseRoutes.HEADER, lease.text("lease", 4_096))
                        .send(Buffer.buffer(resource("entry-request.json"))))
            .toCompletionStage()
            .toCompletableFuture()
            .join()
            .statusCode();
    if (status != 204) {
      throw new IllegalStateException("storing was answered by " + status);
    }
  }

  private static Buffer question(int i) {
    return Buffer.buffer(
        resource("lookup-request.json").replace("the capital of France", "the capital of " + i));
  }

  private static String resource(String name) {
    try (InputStream in = CacheBench.class.getResourceAsStream("/contract/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void prefixes(Path folder) throws Exception {
    CacheKey[] names = new CacheKey[BLOCKS];
    byte[] block = new byte[BLOCK_BYTES];
    new Random(1).nextBytes(block);
    try (Replica keys = Replica.Plan.in(folder).start();
        RocksStore store = store(folder)) {
      PrefixCache cache = prefixCache(keys, store);
      long start = System.nanoTime();
      for (int i = 0; i < BLOCKS; i++) {
        names[i] = CacheKey.of(Digests.sha256(new byte[] {(byte) i}));
        cache.write("t", names[i], block).join();
      }
      report("written", System.nanoTime() - start);
    }
    try (Replica keys = Replica.Plan.in(folder).start();
        RocksStore store = store(folder)) {
      Vertx server = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
      Router router = Router.router(server);
      router.post("/v1/prefixes/reads").handler(new PrefixRoutes(prefixCache(keys, store)).read());
      int port = serve(server, router);
      Vertx clients = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
      HttpClient client =
          clients.createHttpClient(
              new HttpClientOptions().setDefaultPort(port).setMaxChunkSize(1 << 20));
      StringBuilder body = new StringBuilder("{\"names\":[");
      for (CacheKey name : names) {
        body.append(body.charAt(body.length() - 1) == '[' ? "\"" : ",\"").append(name).append('"');
      }
      body.append("]}");
      for (int round = 0; round < 6; round++) {
        long start = System.nanoTime();
        int length =
            client
                .request(HttpMethod.POST, "/v1/prefixes/reads")
                .compose(
                    request ->
                        request
                            .putHeader(PrefixRoutes.TENANT, "t")
                            .send(Buffer.buffer(body.toString()))
                            .compose(response -> response.body()))
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .length();
        if (length != BLOCKS * (BLOCK_BYTES + 4)) {
          throw new IllegalStateException("%d bytes came".formatted(length));
        }
        report(round == 0 ? "read by HTTP, first" : "read by HTTP", System.nanoTime() - start);
      }
      close(clients);
      close(server);
    }
  }

  private static void report(String what, long nanos) {
    System.out.printf(
        "prefix of %,d tokens, %d MB: %s in %.0f ms, %.2f GB/s%n",
        BLOCKS * 64,
        (long) BLOCKS * BLOCK_BYTES >> 20,
        what,
        nanos / 1e6,
        (double) BLOCKS * BLOCK_BYTES / nanos);
  }

  private static RocksStore store(Path folder) {
    return new RocksStore(
        new RocksSettings(folder.resolve("blocks"), 4L << 30, Duration.ofDays(1), 4L << 30, false));
  }

  private static PrefixCache prefixCache(Replica keys, RocksStore store) {
    Tier tier = new Tier("b", Level.L2, store, Duration.ofSeconds(10), Duration.ofSeconds(10));
    return new PrefixCache(
        Optional.of(new PrefixCache.Disk(store, tier)),
        Optional.empty(),
        keys.keyring,
        keys.purges,
        new PrefixCounts(),
        Duration.ofDays(1),
        ForkJoinPool.commonPool(),
        InstantSource.system());
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

  private static int serve(Vertx vertx, Router router) {
    int[] port = new int[1];
    vertx
        .deployVerticle(
            new AbstractVerticle() {
              @Override
              public void start(Promise<Void> started) {
                this.vertx
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

  private static void close(Vertx vertx) {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private static int run(HttpClient client, Buffer[] bodies, int concurrent, long[] nanos)
      throws InterruptedException {
    Semaphore free = new Semaphore(concurrent);
    AtomicInteger hits = new AtomicInteger();
    AtomicLongArray times = new AtomicLongArray(nanos.length);
    for (int i = 0; i < nanos.length; i++) {
      free.acquire();
      int at = i;
      long start = System.nanoTime();
      client
          .request(HttpMethod.POST, "/v1/lookups")
          .compose(
              request ->
                  request.send(bodies[at % bodies.length]).compose(response -> response.body()))
          .onComplete(
              done -> {
                times.set(at, System.nanoTime() - start);
                if (done.succeeded()
                    && done.result().getString(0, 16).equals("{\"outcome\":\"hit\"")) {
                  hits.incrementAndGet();
                }
                free.release();
              });
    }
    free.acquire(concurrent);
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = times.get(i);
    }
    return hits.get();
  }
}
