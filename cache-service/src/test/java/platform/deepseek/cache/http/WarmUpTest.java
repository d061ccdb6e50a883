package platform.deepseek.cache.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.answer.Replica;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.redis.RealRedis;

/** What a process does before its first request. */
class WarmUpTest {

  @TempDir Path folder;

  @Test
  void hitsGoTheWholeWayAndSomeGoDownToRedisAndDiskAndNothingIsKept() {
    Vertx vertx = Vertx.vertx();
    try (RealRedis redis = new RealRedis();
        Replica replica = Replica.Plan.in(folder).redis(redis.client()).rocks().start()) {
      WarmUp warmUp =
          new WarmUp(vertx, replica.cache, replica.memory::put, MasterKey.of(Replica.MASTER));
      int hits = warmUp.run().toCompletionStage().toCompletableFuture().join();
      assertThat(hits).isPositive();
      assertThat(replica.counts.all().hits.sum()).isEqualTo(hits);
      assertThat(replica.counts.all().leads.sum()).isZero();
      assertThat(replica.rungs)
          .hasSize(2)
          .allSatisfy(
              rung -> {
                assertThat(rung.tier().counts().misses.sum()).isPositive();
                assertThat(rung.tier().counts().writes.sum()).isZero();
              });
      assertThat(redis.send("DBSIZE").toInteger()).isZero();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
