package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.api.contract.Examples.CACHE_SERVICE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.contract.Examples;
import platform.deepseek.inference.engine.prefix.BlockName;
import platform.deepseek.inference.engine.prefix.PrefixStore;

/** Against cache-service as its contract has it. */
class PrefixClientTest {

  private static final int BLOCK = 3_000;
  private static final Duration LONG = Duration.ofMinutes(1);

  private final Map<String, byte[]> blocks = new ConcurrentHashMap<>();
  private final List<String> tenants = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch released = new CountDownLatch(1);
  private final Vertx vertx = Vertx.vertx();
  private final List<byte[]> came = new CopyOnWriteArrayList<>();
  private final ByteArrayOutputStream current = new ByteArrayOutputStream();
  private volatile boolean hangs;
  private volatile int status = 200;
  private volatile int sentBlocks = Integer.MAX_VALUE;
  private volatile boolean standsStill;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/prefixes/lookups", this::lookUp);
    server.createContext("/v1/prefixes/reads", this::read);
    server.createContext("/v1/prefixes", this::write);
    server.start();
  }

  @AfterEach
  void stop() {
    released.countDown();
    server.stop(0);
    threads.shutdownNow();
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }

  private PrefixClient client(String patience, String silence) {
    return client(vertx, patience, silence);
  }

  private PrefixClient client(Vertx vertx, String patience, String silence) {
    PrefixStoreConfig config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withDefaultValue("deepseek.cache.prefixes.patience", patience)
            .withDefaultValue("deepseek.cache.prefixes.silence", silence)
            .withDefaultValue("deepseek.cache.prefixes.queue-memory", "10K")
            .withMapping(PrefixStoreConfig.class)
            .build()
            .getConfigMapping(PrefixStoreConfig.class);
    URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    return new PrefixClient(
        vertx,
        CacheAddress.of(address, Optional.of("a secret between services")),
        config,
        new SimpleMeterRegistry());
  }

  private PrefixClient reached(String patience, String silence) throws InterruptedException {
    PrefixClient client = client(patience, silence).start();
    await(client, true);
    return client;
  }

  private static void await(PrefixClient client, boolean available) throws InterruptedException {
    while (client.isAvailable() != available) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private static List<BlockName> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> new BlockName(7, 7, 7, i)).toList();
  }

  /** Puts the pieces of blocks together. */
  private void receive(ByteBuffer piece) {
    while (piece.hasRemaining()) {
      byte[] bytes = new byte[Math.min(piece.remaining(), BLOCK - current.size())];
      piece.get(bytes);
      current.writeBytes(bytes);
      if (current.size() == BLOCK) {
        came.add(current.toByteArray());
        current.reset();
      }
    }
  }

  private List<byte[]> fill(int count) {
    List<byte[]> kept = new ArrayList<>();
    Random random = new Random(3);
    for (BlockName name : names(count)) {
      byte[] block = new byte[BLOCK];
      random.nextBytes(block);
      blocks.put(name.toString(), block);
      kept.add(block);
    }
    return kept;
  }

  @Test
  void blocksThatAreStoredAreFoundAndComeInTheirOrder() throws Exception {
    PrefixClient client = reached("10s", "10s");
    List<BlockName> names = names(5);
    Random random = new Random(1);
    List<byte[]> sent = new ArrayList<>();
    List<CompletableFuture<Boolean>> kept = new ArrayList<>();
    for (BlockName name : names) {
      byte[] block = new byte[BLOCK];
      random.nextBytes(block);
      sent.add(block);
      kept.add(client.store("a tenant", name, block));
    }
    for (CompletableFuture<Boolean> one : kept) {
      assertThat(one.get()).isTrue();
    }
    assertThat(client.lookup("a tenant", names(9)).get()).isEqualTo(5);
    client.fetch("a tenant", names, BLOCK, LONG, this::receive).end().get();

    assertThat(came).hasSize(5);
    for (int i = 0; i < 5; i++) {
      assertThat(came.get(i)).isEqualTo(sent.get(i));
    }
    assertThat(tenants).contains("a tenant").doesNotContain("");
  }

  @Test
  void nobodyInParticularHasANameToo() throws Exception {
    PrefixClient client = reached("10s", "10s");
    client.lookup("", names(1)).get();

    assertThat(tenants).containsOnly("-");
  }

  @Test
  void transferEndsWhereBlocksEnd() throws Exception {
    fill(4);
    sentBlocks = 2;
    PrefixClient client = reached("10s", "10s");
    client.fetch("t", names(4), BLOCK, LONG, this::receive).end().get();

    assertThat(came).hasSize(2);
  }

  @Test
  void transferThatStandsStillIsGivenUpAndKeepsWhatCame() throws Exception {
    fill(4);
    sentBlocks = 3;
    standsStill = true;
    PrefixClient client = reached("10s", "2s");
    PrefixStore.Transfer transfer = client.fetch("t", names(4), BLOCK, LONG, this::receive);

    assertThatThrownBy(() -> transfer.end().get()).hasMessageContaining("nothing came for PT2S");
    assertThat(came).hasSize(3);
  }

  @Test
  void transferEndsWhenItsTimeIsOver() throws Exception {
    fill(4);
    sentBlocks = 1;
    standsStill = true;
    PrefixClient client = reached("10s", "1m");
    PrefixStore.Transfer transfer =
        client.fetch("t", names(4), BLOCK, Duration.ofSeconds(2), this::receive);

    assertThatThrownBy(() -> transfer.end().get()).hasMessageContaining("not within PT2S");
    assertThat(came).hasSize(1);
  }

  @Test
  void blockOfAnotherLengthEndsTheTransfer() throws Exception {
    fill(1);
    PrefixClient client = reached("10s", "10s");

    assertThatThrownBy(
            () -> client.fetch("t", names(1), BLOCK - 1, LONG, this::receive).end().get())
        .hasMessageContaining("a block of 3000 bytes, not 2999");
    assertThat(came).isEmpty();
  }

  @Test
  void errorIsNoAnswer() throws Exception {
    PrefixClient client = reached("10s", "10s");
    status = 503;

    assertThatThrownBy(() -> client.lookup("t", names(1)).get()).hasMessageContaining("status 503");
    assertThatThrownBy(() -> client.fetch("t", names(1), BLOCK, LONG, this::receive).end().get())
        .hasMessageContaining("status 503");
    assertThat(client.store("t", names(1).getFirst(), new byte[BLOCK]).get()).isFalse();
  }

  @Test
  void silenceIsBoundedAndThenNobodyWaitsUntilItAnswersAgain() throws Exception {
    PrefixClient client = reached("500ms", "10s");
    hangs = true;
    for (int i = 0; i < 3; i++) {
      CompletableFuture<Integer> answer = client.lookup("t", names(1));
      assertThatThrownBy(answer::get).hasMessageContaining("no answer in time");
    }
    assertThat(client.isAvailable()).isFalse();

    hangs = false;
    released.countDown();
    Await.until(LONG, "it answers again", () -> client.isAvailable() && finds(client, 0));
  }

  private static boolean finds(PrefixClient client, int known) {
    try {
      return client.lookup("t", names(1)).get() == known;
    } catch (ExecutionException notInTime) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void standstillOfThisProcessIsNotHeldAgainstTheService() throws Exception {
    Vertx single = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    try {
      PrefixClient client = client(single, "1s", "10s").start();
      await(client, true);
      CountDownLatch stands = new CountDownLatch(1);
      single.runOnContext(
          run -> {
            stands.countDown();
            LockSupport.parkNanos(Duration.ofMillis(1_300).toNanos());
          });
      stands.await();
      assertThat(client.lookup("t", names(1)).get()).isZero();
    } finally {
      single
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(1, TimeUnit.MINUTES)
          .join();
    }
  }

  @Test
  void warmUpReadsWholeBlocksAndLeavesNoServer() {
    HttpClient client = vertx.createHttpClient();
    long bytes =
        new TransferWarmUp(vertx, client)
            .run()
            .toCompletionStage()
            .toCompletableFuture()
            .orTimeout(1, TimeUnit.MINUTES)
            .join();
    assertThat(bytes).isPositive().matches(count -> count % (64 << 20) == 0, "whole transfers");
  }

  @Test
  void clientThatWarmsUpFirstAsksTheServiceAfterIt() throws Exception {
    PrefixClient client = client("10s", "10s").startWarm();
    assertThat(client.isAvailable()).isFalse();
    await(client, true);
    assertThat(client.lookup("t", names(1)).get()).isZero();
  }

  @Test
  void serviceThatIsNotThereIsNotRelied() throws Exception {
    server.stop(0);
    PrefixClient client = client("500ms", "10s").start();

    assertThatThrownBy(() -> client.lookup("t", names(1)).get())
        .isInstanceOf(ExecutionException.class);
    assertThat(client.isAvailable()).isFalse();
    assertThat(client.store("t", names(1).getFirst(), new byte[BLOCK]).get()).isFalse();
  }

  @Test
  void queueIsBoundedByBytes() throws Exception {
    PrefixClient client = reached("10s", "10s");
    hangs = true;
    assertThat(client.hasRoom(1 << 30)).as("one block always").isTrue();
    CompletableFuture<Boolean> kept = null;
    for (BlockName name : names(3)) {
      assertThat(client.hasRoom(BLOCK)).isTrue();
      kept = client.store("t", name, new byte[BLOCK]);
    }
    assertThat(client.hasRoom(BLOCK)).isFalse();
    hangs = false;
    released.countDown();
    assertThat(kept.get()).isTrue();
    assertThat(client.hasRoom(BLOCK)).isTrue();
  }

  // ---- the other side

  private boolean hear(HttpExchange exchange) throws IOException {
    tenants.add(exchange.getRequestHeaders().getFirst("x-deepseek-tenant"));
    assertThat(exchange.getRequestHeaders().getFirst("x-deepseek-service-key"))
        .isEqualTo("a secret between services");
    if (hangs) {
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (status != 200) {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    }
    return status == 200;
  }

  private List<String> known(HttpExchange exchange) throws IOException {
    ObjectNode body =
        Examples.parse(
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    assertThat(body.size()).isEqualTo(CACHE_SERVICE.read("prefix-lookup-request").size());
    List<String> known = new ArrayList<>();
    for (var name : body.get("names")) {
      assertThat(name.textValue()).matches("[0-9a-f]{64}");
      if (!blocks.containsKey(name.textValue())) {
        break;
      }
      known.add(name.textValue());
    }
    return known;
  }

  private void lookUp(HttpExchange exchange) throws IOException {
    List<String> known = known(exchange);
    if (hear(exchange)) {
      ObjectNode reply = CACHE_SERVICE.read("prefix-lookup-reply");
      reply.put("known", known.size());
      answer(exchange, reply);
    }
  }

  private static void answer(HttpExchange exchange, ObjectNode reply) throws IOException {
    byte[] bytes = reply.toString().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private void read(HttpExchange exchange) throws IOException {
    List<String> known = known(exchange);
    if (!hear(exchange)) {
      return;
    }
    exchange.sendResponseHeaders(200, 0);
    DataOutputStream out = new DataOutputStream(exchange.getResponseBody());
    for (String name : known.subList(0, Math.min(sentBlocks, known.size()))) {
      out.writeInt(blocks.get(name).length);
      out.write(blocks.get(name));
      out.flush();
    }
    if (standsStill) {
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    exchange.close();
  }

  private void write(HttpExchange exchange) throws IOException {
    DataInputStream in = new DataInputStream(exchange.getRequestBody());
    List<String> names = new ArrayList<>();
    List<byte[]> bodies = new ArrayList<>();
    byte[] name = new byte[BlockName.BYTES];
    while (in.readNBytes(name, 0, name.length) == name.length) {
      names.add(HexFormat.of().formatHex(name));
      bodies.add(in.readNBytes(in.readInt()));
    }
    if (hear(exchange)) {
      for (int i = 0; i < names.size(); i++) {
        blocks.put(names.get(i), bodies.get(i));
      }
      ObjectNode reply = CACHE_SERVICE.read("prefix-write-reply");
      reply.put("stored", names.size());
      answer(exchange, reply);
    }
  }
}
