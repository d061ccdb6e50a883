package platform.deepseek.auth.limit;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import java.time.Duration;
import java.util.List;
import platform.deepseek.auth.usage.Price;

/** A process that reserves, says so, and waits to be killed. */
final class DoomedReplica {

  private DoomedReplica() {}

  public static void main(String[] arguments) throws Exception {
    Vertx vertx = Vertx.vertx();
    Counters counters =
        new RedisCounters(
            () -> Redis.createClient(vertx, arguments[0]),
            arguments[1],
            Duration.ofSeconds(2),
            Duration.ofSeconds(30));
    Bound bound =
        new Bound(
            Level.KEY,
            "k",
            Limits.of(Measure.CONCURRENT_REQUESTS, 50).with(Measure.TOKENS_PER_DAY, 50));
    int passed = 0;
    for (int i = 0; i < 60; i++) {
      Demand demand = new Demand("doomed" + i, List.of(bound), 1, 0, Price.FREE, true);
      if (counters.reserve(demand).join() instanceof Ruling.Granted) {
        passed++;
      }
    }
    System.out.println("reserved " + passed);
    Thread.currentThread().join();
  }
}
