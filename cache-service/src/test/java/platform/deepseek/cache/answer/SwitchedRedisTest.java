package platform.deepseek.cache.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.redis.WatchedRedis;

/** The primary of Redis is switched under two replicas of the service. */
class SwitchedRedisTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path folder;

  @Test
  void afterAPlannedSwitchAndAfterADeathReplicasShareAnswersAndLeasesAgain() {
    try (WatchedRedis redis = new WatchedRedis();
        Replica one =
            Replica.Plan.in(folder.resolve("one"))
                .redis(redis.client())
                .rocks()
                .patience(Duration.ofMillis(500))
                .start();
        Replica two =
            Replica.Plan.in(folder.resolve("two"))
                .redis(redis.client())
                .patience(Duration.ofMillis(500))
                .start()) {
      await().atMost(SOON).until(redis::canSwitch);
      one.fill("t", "kept");
      requireShared(one, two, "at first");

      int first = redis.primary();
      redis.switchOver();
      lookUpUntil(one, () -> redis.primary() != first);
      requireShared(one, two, "after a switch");

      await().atMost(SOON).until(redis::canSwitch);
      int second = redis.primary();
      redis.kill(second);
      lookUpUntil(one, () -> redis.primary() != second);
      requireShared(one, two, "after a death");
      assertThat(one.rungs.getFirst().tier().counts().errors.sum())
          .as("statistics tell of it")
          .isPositive();
    }
  }

  /** Whatever Redis does meanwhile, what is known is answered right. */
  private static void lookUpUntil(Replica replica, BooleanSupplier switched) {
    await()
        .atMost(SOON)
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
    await(when)
        .atMost(SOON)
        .until(
            () -> {
              String text = when + ++number[0];
              one.fill("t", text);
              return two.lookup(Replica.request("t", text)) instanceof Outcome.Hit hit
                  && Arrays.equals(hit.entry().json(), Replica.answer(text))
                  && one.lookup(Replica.request("t", text + " leads")) instanceof Outcome.Lead
                  && two.lookup(Replica.request("t", text + " leads")) instanceof Outcome.Follow;
            });
  }
}
