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
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import platform.deepseek.cache.redis.RealRedis;

class RedisConnectionTest {

  private static final int PATIENCE_MILLIS = 30_000;

  /** Together longer than a connection may say nothing, and each of them shorter. */
  private static final int SILENT_MILLIS = 3_500;

  private static final int ANSWER_SECONDS = 2;

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
  void theSilenceBeforeARequestIsNotHeldAgainstItsAnswer() {
    Vertx vertx = Vertx.vertx();
    try (RealRedis server = new RealRedis()) {
      int port = URI.create(server.address()).getPort();
      Redis redis = RedisConnection.open(vertx, config(port)).orElseThrow();
      Promise<Response> answered = Promise.promise();
      redis
          .send(Request.cmd(Command.PING))
          .onFailure(answered::fail)
          .onSuccess(
              first ->
                  vertx.setTimer(
                      SILENT_MILLIS,
                      later ->
                          redis
                              .send(Request.cmd(Command.BLPOP).arg("nothing").arg(ANSWER_SECONDS))
                              .onComplete(answered)));
      assertThat(answered.future().toCompletionStage().toCompletableFuture())
          .succeedsWithin(30, TimeUnit.SECONDS)
          .isNull();
      redis.close();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
