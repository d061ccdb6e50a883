package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.auth.Await.soon;

import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.store.StoreUnavailable;
import platform.deepseek.auth.usage.Account;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Consumption;
import platform.deepseek.auth.usage.Price;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageTable;

class LimiterTest {

  private static final Limiter.Settings SETTINGS =
      new Limiter.Settings(4, Duration.ofMinutes(5), Duration.ofSeconds(30));

  private static RealRedis redis;

  @BeforeAll
  static void start() {
    redis = new RealRedis();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  /** One replica on an empty database. */
  private static final class Replica {
    final Database database = Database.open(Engine.H2.fresh());
    final UsageTable table = new UsageTable(database);
    final UsageBook book = new UsageBook(table);
    final Executor executor = work -> Thread.ofVirtual().start(work);
    final Limiter limiter =
        Limiter.of(
            Optional.of(redis::client), SETTINGS, book, table, executor, InstantSource.system());

    Ruling ask(Bound bound, long prompt, long most) {
      return limiter
          .reserve(
              new Demand(
                  UUID.randomUUID().toString(), List.of(bound), prompt, most, Price.FREE, true))
          .join();
    }
  }

  private static Bound key(Measure measure, long limit) {
    return new Bound(Level.KEY, UUID.randomUUID().toString(), Limits.of(measure, limit));
  }

  @Test
  void aBudgetThatRedisDoesNotKnowIsReadFromTheBookOnce() {
    Replica replica = new Replica();
    Bound bound = key(Measure.TOKENS_PER_DAY, 1_000);
    replica.book.add(
        LocalDate.now(ZoneOffset.UTC),
        new Account("t", "", bound.subject()),
        "m",
        new Consumption(600, 0, 100),
        new Charge(700, 0));
    List<CompletableFuture<Ruling>> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      all.add(
          replica.limiter.reserve(
              new Demand(UUID.randomUUID().toString(), List.of(bound), 10, 0, Price.FREE, true)));
    }
    long passed = all.stream().filter(one -> one.join() instanceof Ruling.Granted).count();
    assertThat(passed).isEqualTo(30);
  }

  @Test
  void withoutItsBookNoBudgetIsGuessed() {
    Replica replica = new Replica();
    replica.database.close();
    assertThatThrownBy(() -> replica.ask(key(Measure.TOKENS_PER_DAY, 1_000), 1, 1))
        .hasCauseInstanceOf(StoreUnavailable.class);
    assertThat(replica.ask(key(Measure.CONCURRENT_REQUESTS, 1), 1, 1))
        .isInstanceOf(Ruling.Granted.class);
  }

  @Test
  void withoutRedisAReplicaLetsItsShareThroughUntilRedisIsBack() {
    Replica replica = new Replica();
    Bound bound = key(Measure.CONCURRENT_REQUESTS, 8);
    assertThat(replica.ask(bound, 1, 1)).isInstanceOf(Ruling.Granted.class);
    assertThat(replica.limiter.isOutage()).isFalse();
    redis.stop();
    try {
      for (int i = 0; i < 2; i++) {
        assertThat(replica.ask(bound, 1, 1)).isInstanceOf(Ruling.Granted.class);
      }
      assertThat(replica.ask(bound, 1, 1)).isInstanceOf(Ruling.Refused.class);
      assertThat(replica.limiter.isOutage()).isTrue();
      assertThat(replica.limiter.settle(Ended.now("x", Charge.NOTHING))).isCompletedExceptionally();
    } finally {
      redis.start();
    }
    soon().until(() -> replica.limiter.tick().handle((late, failure) -> failure == null).join());
    assertThat(replica.limiter.isOutage()).isFalse();
    for (int i = 0; i < 8; i++) {
      assertThat(replica.ask(bound, 1, 1)).isInstanceOf(Ruling.Granted.class);
    }
    assertThat(replica.ask(bound, 1, 1)).isInstanceOf(Ruling.Refused.class);
  }

  @Test
  void inAnOutageWhatIsLeftOfABudgetIsShared() {
    LocalCounters counters = new LocalCounters(4, Duration.ofMinutes(1), InstantSource.system());
    Bound bound = key(Measure.TOKENS_PER_MONTH, 1_000);
    Demand demand = new Demand("a", List.of(bound), 0, 1_000, Price.FREE, true);
    Answer.Unseeded unseeded = (Answer.Unseeded) counters.reserve(demand).join();
    counters.seed(unseeded.budgets().getFirst(), new Charge(600, 0)).join();
    assertThat(((Ruling.Granted) counters.reserve(demand).join()).maxTokens()).isEqualTo(100);
  }

  @Test
  void aSmallLimitLeavesOneToEachReplicaInAnOutage() {
    LocalCounters counters = new LocalCounters(4, Duration.ofMinutes(1), InstantSource.system());
    Bound bound = key(Measure.REQUESTS_PER_SECOND, 2);
    assertThat(counters.reserve(Demand.counted("a", List.of(bound))).join())
        .isInstanceOf(Ruling.Granted.class);
    assertThat(counters.reserve(Demand.counted("b", List.of(bound))).join())
        .isInstanceOf(Ruling.Refused.class);
  }
}
