package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Price;

/** The rules that both kinds of counters keep, whatever time it is. */
class CountersTest {

  private static final Duration LEASE = Duration.ofMinutes(5);
  private static RealRedis redis;

  enum Kind {
    REDIS {
      @Override
      Counters fresh() {
        return new RedisCounters(
            redis::client, "{" + UUID.randomUUID() + "}", LEASE, Duration.ofSeconds(10));
      }
    },
    MEMORY {
      @Override
      Counters fresh() {
        return new LocalCounters(1, LEASE, InstantSource.system());
      }
    };

    abstract Counters fresh();
  }

  @BeforeAll
  static void start() {
    redis = new RealRedis();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  private static Bound bound(Level level, Limits limits) {
    return new Bound(level, level.label() + "1", limits);
  }

  private static Ruling ask(Counters counters, Demand demand) {
    Answer answer = counters.reserve(demand).join();
    if (answer instanceof Answer.Unseeded unseeded) {
      unseeded.budgets().forEach(budget -> counters.seed(budget, Charge.NOTHING).join());
      answer = counters.reserve(demand).join();
    }
    return (Ruling) answer;
  }

  private static Ruling ask(
      Counters counters, String id, long prompt, long most, Price price, Bound... bounds) {
    return ask(counters, new Demand(id, List.of(bounds), prompt, most, price, true));
  }

  private static Ruling ask(Counters counters, String id, long prompt, long most, Bound... bounds) {
    return ask(counters, id, prompt, most, Price.FREE, bounds);
  }

  private static long granted(Ruling ruling) {
    return ((Ruling.Granted) ruling).maxTokens();
  }

  private static Measure refused(Ruling ruling) {
    return ((Ruling.Refused) ruling).measure();
  }

  @ParameterizedTest
  @EnumSource
  void withoutLimitsEverythingPasses(Kind kind) {
    Ruling ruling = ask(kind.fresh(), "r", 10, 20);
    assertThat(ruling).isEqualTo(new Ruling.Granted(20, Quota.UNLIMITED));
  }

  /** A machine that stands still for a second lets more pass: what it says then is asked again. */
  private static void withinASecond(Runnable attempt) {
    for (; ; ) {
      long begun = System.nanoTime();
      try {
        attempt.run();
        return;
      } catch (AssertionError | ClassCastException e) {
        if (System.nanoTime() - begun < Duration.ofSeconds(1).toNanos()) {
          throw e;
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theNthRequestOfASecondPassesAndNoOther(Kind kind) {
    withinASecond(() -> requireNoSixthOfFive(kind));
  }

  private static void requireNoSixthOfFive(Kind kind) {
    Counters counters = kind.fresh();
    Bound key = bound(Level.KEY, Limits.of(Measure.REQUESTS_PER_SECOND, 5));
    List<Long> remaining = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Ruling.Granted passed = (Ruling.Granted) ask(counters, Demand.counted("r" + i, List.of(key)));
      remaining.add(passed.quota().requests().orElseThrow().remaining());
    }
    assertThat(remaining).containsExactly(4L, 3L, 2L, 1L, 0L);
    Ruling.Refused refused = (Ruling.Refused) ask(counters, Demand.counted("r5", List.of(key)));
    assertThat(refused.measure()).isEqualTo(Measure.REQUESTS_PER_SECOND);
    assertThat(refused.bound()).isEqualTo(key);
    assertThat(refused.limit()).isEqualTo(5);
    assertThat(refused.retryAfter().orElseThrow())
        .isBetween(Duration.ofNanos(1), Duration.ofSeconds(1));
    assertThat(refused.quota().requests().orElseThrow().remaining()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void aRequestPassesAllLevelsOrTakesNothing(Kind kind) {
    Counters counters = kind.fresh();
    Bound tenant = bound(Level.TENANT, Limits.of(Measure.CONCURRENT_REQUESTS, 10));
    Bound key = bound(Level.KEY, Limits.of(Measure.CONCURRENT_REQUESTS, 1));
    ask(counters, "a", 1, 1, tenant, key);
    for (int i = 0; i < 20; i++) {
      assertThat(refused(ask(counters, "b" + i, 1, 1, tenant, key)))
          .isEqualTo(Measure.CONCURRENT_REQUESTS);
    }
    for (int i = 0; i < 9; i++) {
      granted(ask(counters, "c" + i, 1, 1, tenant));
    }
    assertThat(((Ruling.Refused) ask(counters, "d", 1, 1, tenant)).bound()).isEqualTo(tenant);
  }

  @ParameterizedTest
  @EnumSource
  void tokensOfAMinuteAreReservedAndGivenBack(Kind kind) {
    Counters counters = kind.fresh();
    Bound key = bound(Level.KEY, Limits.of(Measure.TOKENS_PER_MINUTE, 1_000));
    Ruling.Granted first = (Ruling.Granted) ask(counters, "a", 100, 800, key);
    assertThat(first.quota().tokens().orElseThrow().remaining()).isEqualTo(100);
    Ruling.Refused second = (Ruling.Refused) ask(counters, "b", 100, 800, key);
    assertThat(second.measure()).isEqualTo(Measure.TOKENS_PER_MINUTE);
    assertThat(second.retryAfter().orElseThrow())
        .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(61));
    assertThat(second.quota().tokens().orElseThrow().remaining()).isEqualTo(100);
    assertThat(counters.settle(Ended.now("a", new Charge(150, 0))).join()).isTrue();
    Ruling.Granted third = (Ruling.Granted) ask(counters, "c", 50, 800, key);
    assertThat(third.quota().tokens().orElseThrow().remaining()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void whatExceedsTheLimitOfAMinuteNeedNotWait(Kind kind) {
    Counters counters = kind.fresh();
    Bound key = bound(Level.KEY, Limits.of(Measure.TOKENS_PER_MINUTE, 1_000));
    Ruling.Refused refused = (Ruling.Refused) ask(counters, "a", 201, 800, key);
    assertThat(refused.retryAfter()).isEmpty();
    assertThat(granted(ask(counters, "b", 200, 800, key))).isEqualTo(800);
  }

  @ParameterizedTest
  @EnumSource
  void theLongestWaitIsTold(Kind kind) {
    Counters counters = kind.fresh();
    Bound tenant =
        bound(
            Level.TENANT,
            Limits.of(Measure.REQUESTS_PER_SECOND, 1).with(Measure.TOKENS_PER_MINUTE, 100));
    ask(counters, "a", 50, 50, tenant);
    assertThat(refused(ask(counters, "b", 1, 0, tenant))).isEqualTo(Measure.TOKENS_PER_MINUTE);
  }

  @ParameterizedTest
  @EnumSource
  void aBudgetGrantsWhatItHasLeft(Kind kind) {
    Counters counters = kind.fresh();
    Bound user = bound(Level.USER, Limits.of(Measure.TOKENS_PER_DAY, 1_000));
    assertThat(granted(ask(counters, "a", 100, 500, user))).isEqualTo(500);
    assertThat(granted(ask(counters, "b", 100, 500, user))).isEqualTo(300);
    assertThat(refused(ask(counters, "c", 1, 1, user))).isEqualTo(Measure.TOKENS_PER_DAY);
    counters.settle(Ended.now("a", new Charge(110, 0))).join();
    assertThat(granted(ask(counters, "d", 90, 500, user))).isEqualTo(400);
    counters.settle(Ended.now("b", Charge.NOTHING)).join();
    counters.settle(Ended.now("d", Charge.NOTHING)).join();
    assertThat(granted(ask(counters, "e", 0, 2_000, user))).isEqualTo(890);
  }

  @ParameterizedTest
  @EnumSource
  void aMoneyBudgetGrantsWhatItPaysFor(Kind kind) {
    Counters counters = kind.fresh();
    Price price = new Price(2_000_000, 1_000_000, 7_000_000); // 2, 1 and 7 millionths a token
    Bound tenant = bound(Level.TENANT, Limits.of(Measure.MONEY_PER_MONTH, 1_000));
    assertThat(granted(ask(counters, "a", 100, 50, price, tenant))).isEqualTo(50); // 200 + 350
    assertThat(granted(ask(counters, "b", 100, 50, price, tenant))).isEqualTo(35); // 200 + 245
    assertThat(refused(ask(counters, "c", 1, 1, price, tenant))).isEqualTo(Measure.MONEY_PER_MONTH);
    assertThat(granted(ask(counters, "d", 2, 0, price, tenant))).isZero(); // 4: a prompt alone
    assertThat(refused(ask(counters, "e", 1, 0, price, tenant))).isEqualTo(Measure.MONEY_PER_MONTH);
    counters.settle(Ended.now("a", new Charge(101, 207))).join();
    assertThat(granted(ask(counters, "f", 0, 9_000, price, tenant))).isEqualTo(49); // 344 / 7
  }

  @ParameterizedTest
  @EnumSource
  void anExhaustedBudgetIsToldBeforeAnyRate(Kind kind) {
    Counters counters = kind.fresh();
    Bound key =
        bound(
            Level.KEY,
            Limits.of(Measure.TOKENS_PER_MONTH, 10).with(Measure.CONCURRENT_REQUESTS, 1));
    ask(counters, "a", 5, 5, key);
    assertThat(refused(ask(counters, "b", 5, 5, key))).isEqualTo(Measure.TOKENS_PER_MONTH);
  }

  @ParameterizedTest
  @EnumSource
  void aSettlementCountsOnce(Kind kind) {
    Counters counters = kind.fresh();
    Bound key =
        bound(
            Level.KEY,
            Limits.of(Measure.TOKENS_PER_DAY, 1_000).with(Measure.CONCURRENT_REQUESTS, 2));
    ask(counters, "a", 100, 100, key);
    ask(counters, "b", 100, 100, key);
    assertThat(counters.settle(Ended.now("a", new Charge(150, 0), "key:key1")).join()).isTrue();
    assertThat(counters.settle(Ended.now("a", new Charge(150, 0), "key:key1")).join()).isFalse();
    assertThat(counters.settle(Ended.now("a", new Charge(999, 0), "key:key1")).join()).isFalse();
    assertThat(granted(ask(counters, "c", 0, 5_000, key))).isEqualTo(650);
    assertThat(refused(ask(counters, "d", 0, 0, key))).isEqualTo(Measure.CONCURRENT_REQUESTS);
  }

  @ParameterizedTest
  @EnumSource
  void whatWasUsedBeyondTheReservationIsChargedToo(Kind kind) {
    Counters counters = kind.fresh();
    Bound key = bound(Level.KEY, Limits.of(Measure.TOKENS_PER_DAY, 100));
    ask(counters, "a", 10, 10, key);
    counters.settle(Ended.now("a", new Charge(130, 0))).join();
    assertThat(refused(ask(counters, "b", 0, 0, key))).isEqualTo(Measure.TOKENS_PER_DAY);
  }

  @ParameterizedTest
  @EnumSource
  void aReservationThatIsNotKnownHereIsStillCharged(Kind kind) {
    Counters counters = kind.fresh();
    Bound key = bound(Level.KEY, Limits.of(Measure.TOKENS_PER_DAY, 100));
    ask(counters, "a", 0, 10, key);
    assertThat(counters.settle(Ended.now("elsewhere", new Charge(60, 0), "key:key1")).join())
        .isTrue();
    assertThat(counters.settle(Ended.now("elsewhere", new Charge(60, 0), "key:key1")).join())
        .isFalse();
    assertThat(granted(ask(counters, "b", 0, 100, key))).isEqualTo(30);
  }

  @ParameterizedTest
  @EnumSource
  void aBudgetBeginsWithWhatTheBookSays(Kind kind) {
    Counters counters = kind.fresh();
    Bound key = bound(Level.KEY, Limits.of(Measure.TOKENS_PER_MONTH, 100));
    Demand demand = new Demand("a", List.of(key), 0, 100, Price.FREE, true);
    Answer.Unseeded unseeded = (Answer.Unseeded) counters.reserve(demand).join();
    Answer.Budget budget = unseeded.budgets().getFirst();
    assertThat(budget.period()).isEqualTo(Answer.Period.MONTH);
    assertThat(budget.number())
        .isEqualTo(YearMonth.now(ZoneOffset.UTC).getLong(ChronoField.PROLEPTIC_MONTH));
    counters.seed(budget, new Charge(75, 0)).join();
    counters.seed(budget, new Charge(5, 0)).join();
    assertThat(granted((Ruling) counters.reserve(demand).join())).isEqualTo(25);
  }

  @ParameterizedTest
  @EnumSource
  void aBudgetCountsWhatWasUsedWhileItsLimitWasLifted(Kind kind) {
    Counters counters = kind.fresh();
    Bound limited = bound(Level.KEY, Limits.of(Measure.TOKENS_PER_DAY, 100));
    ask(counters, "a", 0, 10, limited);
    counters.settle(Ended.now("a", new Charge(10, 0), "key:key1")).join();
    ask(counters, "lifted", 0, 70); // an administrator took the limit away, and sets it again
    counters.settle(Ended.now("lifted", new Charge(70, 0), "key:key1")).join();
    assertThat(granted(ask(counters, "b", 0, 100, limited))).isEqualTo(20);
  }

  @ParameterizedTest
  @EnumSource
  void aLimitOfNothingLetsNothingThrough(Kind kind) {
    Counters counters = kind.fresh();
    for (Measure measure : Measure.values()) {
      Ruling ruling =
          ask(
              counters,
              "r",
              1,
              1,
              new Price(1_000_000, 0, 1_000_000),
              bound(Level.KEY, Limits.of(measure, 0)));
      assertThat(refused(ruling)).isEqualTo(measure);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRenewedReservationIsOpenAndASettledOneIsNot(Kind kind) {
    Counters counters = kind.fresh();
    ask(counters, "a", 1, 1);
    assertThat(counters.renew("a").join()).isTrue();
    counters.settle(Ended.now("a", Charge.NOTHING)).join();
    assertThat(counters.renew("a").join()).isFalse();
    assertThat(counters.renew("unknown").join()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void headersTellOfTheBoundWhereLeastIsLeft(Kind kind) {
    Counters counters = kind.fresh();
    Bound platform = bound(Level.PLATFORM, Limits.of(Measure.REQUESTS_PER_SECOND, 500));
    Bound key = bound(Level.KEY, Limits.of(Measure.REQUESTS_PER_SECOND, 3));
    Ruling.Granted passed = (Ruling.Granted) ask(counters, "a", 1, 1, platform, key);
    assertThat(passed.quota())
        .isEqualTo(
            new Quota(Optional.of(new Quota.Left(3, 2, Duration.ofSeconds(1))), Optional.empty()));
  }
}
