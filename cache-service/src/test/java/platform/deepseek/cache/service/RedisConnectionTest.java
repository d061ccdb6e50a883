package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RedisConnectionTest {

  private static final int PATIENCE_MILLIS = 30_000;

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
}
