package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Port;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Outlet;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

class LeadTest {

  private static final Duration SOON = Duration.ofMinutes(1);

  /** One has the only connection, and 1,024 may wait for it. */
  private static final int LEADS = 1_026;

  private final Vertx vertx = Vertx.vertx();
  private final URI address = URI.create("http://127.0.0.1:" + Port.free());
  private PlayedCache cache;

  @BeforeEach
  void listen() throws IOException {
    cache = new PlayedCache(address);
  }

  @AfterEach
  void close() {
    cache.close();
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }

  @Test
  void leaseOfAnAnswerThatFindsNoConnectionGoesBack() {
    AnswerCacheConfig config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withDefaultValue("deepseek.cache.streams", "1")
            .withMapping(AnswerCacheConfig.class)
            .build()
            .getConfigMapping(AnswerCacheConfig.class);
    CacheClient client = new CacheClient(vertx, address, config);
    CacheMetrics metrics = new CacheMetrics(new SimpleMeterRegistry(), () -> false);
    vertx.runOnContext(
        run -> {
          for (int i = 0; i < LEADS; i++) {
            Lookup.Lease lease = new Lookup.Lease("key-" + i, "a token", "stream-" + i);
            new Lead(vertx, client, lease, new Nobody(), false, config, metrics);
          }
        });

    String last = "key-" + (LEADS - 1);
    Await.until(SOON, "the last one's lease is given back", () -> cache.returned().contains(last));
    assertThat(cache.returned()).doesNotContain("key-0", "key-1023");
  }

  /** Whoever asked says and hears nothing. */
  private record Nobody() implements Outlet {

    @Override
    public void open(int choice, TokenCount prompt) {}

    @Override
    public void piece(int choice, Piece piece) {}

    @Override
    public void end(int choice, Ending ending) {}

    @Override
    public void complete(TokenCount count) {}

    @Override
    public void fail(ApiException failure) {}

    @Override
    public void keepAlive() {}
  }
}
