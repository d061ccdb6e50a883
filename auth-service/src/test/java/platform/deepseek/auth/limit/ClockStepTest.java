package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.usage.Price;

/**
 * A Redis whose clock is behind that of who wrote before: it was set back, or a copy took over on
 * another machine. Its clock cannot be turned here, so what was written is moved ahead of it.
 */
class ClockStepTest {

  private static RealRedis redis;

  private final String prefix = "{" + UUID.randomUUID() + "}";
  private final RedisCounters counters =
      new RedisCounters(redis::client, prefix, Duration.ofMinutes(5), Duration.ofSeconds(10));
  private int asked;

  @BeforeAll
  static void start() {
    redis = new RealRedis();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  private Ruling ask(long tokens, Limits limits) {
    Bound bound = new Bound(Level.KEY, "k", limits);
    String id = "r" + asked++;
    return (Ruling)
        counters.reserve(new Demand(id, List.of(bound), tokens, 0, Price.FREE, true)).join();
  }

  /** As a Redis wrote it whose clock was so far ahead. */
  private void tokensWereTaken(Duration ahead, long tokens) {
    String second = Long.toString(Instant.now().plus(ahead).getEpochSecond());
    String sum = Long.toString(tokens);
    redis.send("HSET", prefix + ":minute:key:k", "sum", sum, "oldest", second, second, sum);
  }

  @Test
  void tokensOfAClockThatWasAFewSecondsAheadAreCountedWithThoseOfNow() {
    Limits limits = Limits.of(Measure.TOKENS_PER_MINUTE, 1_000);
    tokensWereTaken(Duration.ofSeconds(5), 300);
    assertThat(ask(400, limits)).isInstanceOf(Ruling.Granted.class);
    Ruling.Refused refused = (Ruling.Refused) ask(800, limits);
    assertThat(refused.retryAfter().orElseThrow())
        .isBetween(Duration.ofSeconds(59), Duration.ofSeconds(67));
    assertThat(ask(300, limits)).isInstanceOf(Ruling.Granted.class);
  }

  @Test
  void tokensOfAClockThatWasHoursAheadLockNobodyOut() {
    tokensWereTaken(Duration.ofHours(2), 900);
    assertThat(ask(800, Limits.of(Measure.TOKENS_PER_MINUTE, 1_000)))
        .isInstanceOf(Ruling.Granted.class);
  }

  @Test
  void aSumThatSaysMoreThanItsSecondsDoesNotKeepRedisForEver() {
    Limits limits = Limits.of(Measure.TOKENS_PER_MINUTE, 1_000);
    assertThat(ask(100, limits)).isInstanceOf(Ruling.Granted.class);
    redis.send("HINCRBY", prefix + ":minute:key:k", "sum", "800");
    Ruling.Refused refused = (Ruling.Refused) ask(500, limits);
    assertThat(refused.retryAfter().orElseThrow()).isLessThan(Duration.ofMinutes(3));
  }

  @Test
  void requestsOfAClockThatWasHoursAheadLockNobodyOut() {
    Limits limits = Limits.of(Measure.REQUESTS_PER_SECOND, 3);
    long then = Instant.now().plus(Duration.ofHours(2)).toEpochMilli() * 1_000;
    for (int i = 0; i < 3; i++) {
      redis.send("LPUSH", prefix + ":requests:key:k", Long.toString(then + i));
    }
    assertThat(ask(1, limits)).isInstanceOf(Ruling.Granted.class);
  }
}
