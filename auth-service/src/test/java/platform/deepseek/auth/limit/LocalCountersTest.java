package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Price;

/** What happens to counters in memory as time goes by. */
class LocalCountersTest {

  private Instant now = Instant.parse("2026-11-30T23:59:58.500Z");
  private final LocalCounters counters = new LocalCounters(1, Duration.ofSeconds(30), () -> now);

  private Ruling ask(String id, long tokens, Bound bound) {
    Demand demand = new Demand(id, List.of(bound), tokens, 0, Price.FREE, true);
    Answer answer = counters.reserve(demand).join();
    if (answer instanceof Answer.Unseeded unseeded) {
      unseeded.budgets().forEach(budget -> counters.seed(budget, Charge.NOTHING).join());
      answer = counters.reserve(demand).join();
    }
    return (Ruling) answer;
  }

  @Test
  void inNoSecondDoMorePassThanTheLimitAndWaitingAsToldHelps() {
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.REQUESTS_PER_SECOND, 7));
    ArrayDeque<Instant> passed = new ArrayDeque<>();
    Random random = new Random(5);
    for (int i = 0; i < 5_000; i++) {
      now = now.plusNanos(1_000L * random.nextInt(120_000));
      switch (ask("r" + i, 0, bound)) {
        case Ruling.Granted granted -> passed.addLast(now);
        case Ruling.Refused refused -> {
          now = now.plus(refused.retryAfter().orElseThrow());
          assertThat(ask("again" + i, 0, bound)).isInstanceOf(Ruling.Granted.class);
          passed.addLast(now);
        }
      }
      while (!passed.peekFirst().isAfter(now.minusSeconds(1))) {
        passed.removeFirst();
      }
      assertThat(passed.size()).isLessThanOrEqualTo(7);
    }
  }

  @Test
  void inNoMinuteDoMoreTokensPassThanTheLimitAndWaitingAsToldHelps() {
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.TOKENS_PER_MINUTE, 1_000));
    record Taken(Instant at, long tokens) {}
    ArrayDeque<Taken> taken = new ArrayDeque<>();
    Random random = new Random(6);
    for (int i = 0; i < 3_000; i++) {
      now = now.plusMillis(random.nextInt(9_000));
      long tokens = 1L + random.nextInt(400);
      if (ask("r" + i, tokens, bound) instanceof Ruling.Refused refused) {
        now = now.plus(refused.retryAfter().orElseThrow());
        assertThat(ask("again" + i, tokens, bound)).isInstanceOf(Ruling.Granted.class);
      }
      taken.addLast(new Taken(now, tokens));
      while (!taken.peekFirst().at().isAfter(now.minusSeconds(60))) {
        taken.removeFirst();
      }
      assertThat(taken.stream().mapToLong(Taken::tokens).sum()).isLessThanOrEqualTo(1_000);
    }
  }

  @Test
  void budgetsBeginAnewAtMidnightUtcAndOnTheFirst() {
    Bound day = new Bound(Level.KEY, "d", Limits.of(Measure.TOKENS_PER_DAY, 10));
    Bound month = new Bound(Level.KEY, "m", Limits.of(Measure.TOKENS_PER_MONTH, 10));
    ask("a", 10, day);
    ask("b", 10, month);
    assertThat(ask("c", 1, day)).isInstanceOf(Ruling.Refused.class);
    assertThat(ask("d", 1, month)).isInstanceOf(Ruling.Refused.class);
    now = now.plusSeconds(2);
    assertThat(ask("e", 10, day)).isInstanceOf(Ruling.Granted.class);
    assertThat(ask("f", 10, month)).isInstanceOf(Ruling.Granted.class);
  }

  @Test
  void whatNobodySettlesOrRenewsIsReturned() {
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.CONCURRENT_REQUESTS, 2));
    ask("kept", 1, bound);
    ask("left", 1, bound);
    now = now.plusSeconds(20);
    assertThat(counters.renew("kept").join()).isTrue();
    assertThat(counters.sweep().join()).isZero();
    now = now.plusSeconds(10);
    assertThat(counters.sweep().join()).isEqualTo(1);
    assertThat(ask("next", 1, bound)).isInstanceOf(Ruling.Granted.class);
    assertThat(ask("more", 1, bound)).isInstanceOf(Ruling.Refused.class);
  }

  private boolean settle(String id, Duration age) {
    return counters
        .settle(new Settlement(id, "teller", age, new Charge(60, 0), List.of("key:k")))
        .join();
  }

  @Test
  void aSettlementIsNotChargedAgainHoweverLateItIsRepeated() {
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.TOKENS_PER_MONTH, 100_000));
    ask("settled", 100, bound);
    assertThat(settle("settled", Duration.ofSeconds(2))).isTrue();
    for (int minutes = 1; minutes < 3_000; minutes += 7) {
      now = now.plus(Duration.ofMinutes(7));
      counters.sweep().join();
      assertThat(settle("settled", Duration.ofMinutes(minutes + 7L))).isFalse();
    }
  }

  @Test
  void aReservationThatWasReturnedIsChargedWhenItEndsAfterAllAndOnce() {
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.TOKENS_PER_MONTH, 100_000));
    ask("slow", 100, bound);
    now = now.plus(Duration.ofHours(3));
    assertThat(counters.sweep().join()).isEqualTo(1);
    assertThat(settle("slow", Duration.ofHours(3))).isTrue();
    assertThat(settle("slow", Duration.ofHours(3))).isFalse();
    now = now.plus(Duration.ofHours(3));
    counters.sweep().join();
    assertThat(settle("slow", Duration.ofHours(6))).isFalse();
  }

  @Test
  void aClockThatIsSetBackLocksNobodyOut() {
    Bound bound =
        new Bound(
            Level.KEY,
            "k",
            Limits.of(Measure.REQUESTS_PER_SECOND, 3).with(Measure.TOKENS_PER_MINUTE, 300));
    for (int i = 0; i < 3; i++) {
      ask("before" + i, 100, bound);
    }
    assertThat(ask("full", 100, bound)).isInstanceOf(Ruling.Refused.class);
    now = now.minus(Duration.ofHours(1));
    assertThat(ask("after", 100, bound)).isInstanceOf(Ruling.Granted.class);
  }
}
