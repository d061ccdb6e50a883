package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RedisConnectionTest {

  private static final int PATIENCE_MILLIS = 30_000;

  /** Together longer than a connection may say nothing, and each of them shorter. */
  private static final int SILENT_MILLIS = 3_500;

  private static final int ANSWER_MILLIS = 2_000;

  private static CacheConfig config(int port) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(CacheConfig.class)
        .withSources(
            new PropertiesConfigSource(
                Map.of("deepseek.cache.redis.hosts", "redis://127.0.0.1:" + port), "test", 1))
        .build()
        .getConfigMapping(CacheConfig.class);
  }

  /** As one whose machine has lost its power: the connection stays, and nothing comes any more. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES)
  void aRedisThatSaysNothingAnyMoreIsConnectedToAnew() throws IOException {
    Vertx vertx = Vertx.vertx();
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"))) {
      Redis redis = RedisConnection.open(vertx, config(silent.getLocalPort())).orElseThrow();
      var asked = redis.send(Request.cmd(Command.PING));
      silent.setSoTimeout(PATIENCE_MILLIS);
      try (Socket connection = silent.accept()) {
        connection.setSoTimeout(PATIENCE_MILLIS);
        while (connection.getInputStream().read() >= 0) {
          // What it is asked, until it is given up.
        }
        assertThat(connection.isConnected()).isTrue();
      }
      assertThat(asked.toCompletionStage().toCompletableFuture()).failsWithin(30, TimeUnit.SECONDS);
      redis.close();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** Nobody asks for a while; then somebody does, and the answer takes its time. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES)
  void theSilenceBeforeARequestIsNotHeldAgainstItsAnswer() throws IOException {
    Vertx vertx = Vertx.vertx();
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"))) {
      AtomicInteger pings = new AtomicInteger();
      Thread.startVirtualThread(
          () -> answer(server, () -> pings.incrementAndGet() == 1 ? 0 : ANSWER_MILLIS));
      Redis redis = RedisConnection.open(vertx, config(server.getLocalPort())).orElseThrow();
      Promise<Response> answered = Promise.promise();
      redis
          .send(Request.cmd(Command.PING))
          .onFailure(answered::fail)
          .onSuccess(
              first ->
                  vertx.setTimer(
                      SILENT_MILLIS,
                      later -> redis.send(Request.cmd(Command.PING)).onComplete(answered)));
      assertThat(answered.future().toCompletionStage().toCompletableFuture())
          .succeedsWithin(30, TimeUnit.SECONDS)
          .hasToString("PONG");
      redis.close();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** Answers a PING after so many milliseconds, and everything else by an error. */
  private static void answer(ServerSocket server, IntSupplier delayMillis) {
    try (Socket connection = server.accept()) {
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // An array of strings, each of them its length and then itself.
        List<String> words = new ArrayList<>();
        for (int left = Integer.parseInt(line.substring(1)); left > 0; left--) {
          lines.readLine();
          words.add(lines.readLine());
        }
        boolean ping = words.getFirst().equalsIgnoreCase("ping");
        if (ping) {
          Thread.sleep(delayMillis.getAsInt());
        }
        String reply = ping ? "+PONG\r\n" : "-ERR unknown command\r\n";
        connection.getOutputStream().write(reply.getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      assertThat(server.isClosed()).as("%s", e).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
