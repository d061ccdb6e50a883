package platform.deepseek.cache.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.cache.Await.soon;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.redis.WatchedRedis;

/** The primary of Redis is switched under two replicas of the service. */
class SwitchedRedisTest {

  @TempDir Path folder;

  @Test
  void afterAPlannedSwitchAndAfterADeathReplicasShareAnswersAndLeasesAgain() {
    try (WatchedRedis redis = new WatchedRedis();
        Replica one =
            Replica.Plan.in(folder.resolve("one"))
                .redis(redis.client())
                .rocks()
                .redisPatience(Duration.ofMillis(500))
                .start();
        Replica two =
            Replica.Plan.in(folder.resolve("two"))
                .redis(redis.client())
                .redisPatience(Duration.ofMillis(500))
                .start()) {
      watched().until(redis::canSwitch);
      one.fill("t", "kept");
      requireShared(one, two, "at first");

      int first = redis.primary();
      redis.switchOver();
      lookUpUntil(one, () -> redis.primary() != first);
      requireShared(one, two, "after a switch");

      watched().until(redis::canSwitch);
      int second = redis.primary();
      redis.kill(second);
      lookUpUntil(one, () -> redis.primary() != second);
      requireShared(one, two, "after a death");
      assertThat(one.rungs.getFirst().tier().counts().errors.sum())
          .as("statistics tell of it")
          .isPositive();
    }
  }

  /** Sentinels that stood still for two seconds look on for thirty before they do anything. */
  private static ConditionFactory watched() {
    return soon().atMost(Duration.ofMinutes(4));
  }

  /** False where its lease was in the Redis that is no primary any more. */
  private static boolean filled(Replica replica, String text) {
    Outcome.Lead lead = (Outcome.Lead) replica.lookup(Replica.request("t", text));
    return replica.cache.store(lead.lease(), Replica.answer(text), 100).join();
  }

  /** Whatever Redis does meanwhile, what is known is answered right. */
  private static void lookUpUntil(Replica replica, BooleanSupplier switched) {
    watched()
        .until(
            () -> {
              replica.memory.remove(Replica.request("t", "kept").key());
              Outcome.Hit hit = (Outcome.Hit) replica.lookup(Replica.request("t", "kept"));
              assertThat(hit.entry().json()).isEqualTo(Replica.answer("kept"));
              return switched.getAsBoolean();
            });
  }

  /** What one keeps the other finds, and of both one leads. */
  private static void requireShared(Replica one, Replica two, String when) {
    int[] number = {0};
    watched()
        .alias(when)
        .until(
            () -> {
              String text = when + ++number[0];
              return filled(one, text)
                  && two.lookup(Replica.request("t", text)) instanceof Outcome.Hit hit
                  && Arrays.equals(hit.entry().json(), Replica.answer(text))
                  && one.lookup(Replica.request("t", text + " leads")) instanceof Outcome.Lead
                  && two.lookup(Replica.request("t", text + " leads")) instanceof Outcome.Follow;
            });
  }
}
