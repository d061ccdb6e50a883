package platform.deepseek.cache.http;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.cache.Await.soon;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.answer.Ladder;
import platform.deepseek.cache.answer.Replica;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.lease.Lease;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.StreamName;
import platform.deepseek.cache.lease.Turn;
import platform.deepseek.cache.stream.End;
import platform.deepseek.cache.stream.LiveStream;
import platform.deepseek.cache.stream.Relay;
import platform.deepseek.cache.stream.Streams;
import platform.deepseek.cache.tier.MemoryTier;

/** Who leaves while Redis is asked about them, as a client that cancels at once does. */
class BrokenConnectionTest {

  private static final Duration LEASE = Duration.ofMillis(60);
  private static final CacheKey KEY = CacheKey.of(new byte[CacheKey.BYTES]);
  private static final Address ADDRESS = new Address(KEY, "t", "w", new byte[CacheKey.BYTES]);

  // One loop, so that what is given to it later is done later.
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final SlowLeases leases = new SlowLeases();
  private final CompletableFuture<Optional<LiveStream>> found = new CompletableFuture<>();
  private final AtomicInteger searches = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();
  private final Lease lease = new Lease(ADDRESS, 7, 60_000);
  private int port;

  /** Leases of which the first renewal takes as long as the test wants. */
  private static final class SlowLeases implements Leases {
    final CompletableFuture<Boolean> first = new CompletableFuture<>();
    final AtomicInteger renewals = new AtomicInteger();
    final AtomicInteger releases = new AtomicInteger();

    @Override
    public CompletableFuture<Turn> acquire(CacheKey key) {
      return CompletableFuture.completedFuture(new Turn.Yours(7));
    }

    @Override
    public CompletableFuture<Boolean> renew(CacheKey key, long fence) {
      return renewals.incrementAndGet() == 1 ? first : CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletableFuture<Boolean> isHeld(CacheKey key, long fence) {
      return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletableFuture<Boolean> release(CacheKey key, long fence) {
      releases.incrementAndGet();
      return CompletableFuture.completedFuture(true);
    }
  }

  /** Other replicas' streams, which are found as late as the test wants. */
  private final class SlowRelay implements Relay {
    @Override
    public void chunk(StreamName name, byte[] chunk) {
      // Nobody else follows.
    }

    @Override
    public void end(StreamName name, End end) {
      // Nobody else follows.
    }

    @Override
    public CompletableFuture<Optional<LiveStream>> copy(StreamName name) {
      searches.incrementAndGet();
      return found;
    }
  }

  @BeforeEach
  void serve() {
    Streams streams = new Streams(1 << 20, leases, new SlowRelay());
    AnswerCache cache =
        new AnswerCache(
            new Ladder(
                new MemoryTier(1 << 20, owner -> {}),
                List.of(),
                null,
                null,
                InstantSource.system()),
            leases,
            streams,
            Duration.ofHours(1),
            Duration.ofHours(1),
            new AnswerCounts(),
            Optional.empty(),
            InstantSource.system());
    LeaseRoutes routes = new LeaseRoutes(cache, new LeaseToken(MasterKey.of(Replica.MASTER)));
    Router router = Router.router(vertx);
    router.put("/v1/streams/:stream").handler(new StreamAppendRoute(cache, streams, routes, LEASE));
    router.get("/v1/streams/:stream").handler(new StreamReadRoute(streams));
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions())
            .connectionHandler(one -> one.closeHandler(gone -> closed.incrementAndGet()))
            .requestHandler(router);
    port =
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join().actualPort();
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private Socket ask(String method, String headers) throws IOException {
    Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port);
    String request = method + " /v1/streams/" + lease.stream() + " HTTP/1.1\r\nhost: a\r\n";
    socket
        .getOutputStream()
        .write((request + headers + "\r\n").getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  @Test
  void aLeaderThatLeavesBeforeItsLeaseIsKnownGivesItBack() throws IOException {
    String token = new LeaseToken(MasterKey.of(Replica.MASTER)).seal(lease);
    try (Socket leader =
        ask("PUT", "x-deepseek-lease: " + token + "\r\ntransfer-encoding: chunked\r\n")) {
      soon().until(() -> leases.renewals.get() == 1);
    }
    soon().until(() -> closed.get() == 1);
    leases.first.complete(true);
    soon().until(() -> leases.releases.get() == 1);
    assertThat(leases.renewals.get()).as("nobody prolongs it").isEqualTo(1);
  }

  @Test
  void oneWhoLeavesBeforeTheStreamIsFoundDoesNotFollowIt() throws IOException {
    LiveStream stream = new LiveStream(1 << 20);
    try (Socket follower = ask("GET", "")) {
      soon().until(() -> searches.get() == 1);
    }
    soon().until(() -> closed.get() == 1);
    found.complete(Optional.of(stream));
    CompletableFuture<Void> after = new CompletableFuture<>();
    vertx.runOnContext(run -> after.complete(null));
    after.join();
    soon().until(() -> stream.followers() == 0);
  }
}
