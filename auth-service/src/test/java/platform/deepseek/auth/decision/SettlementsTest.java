package platform.deepseek.auth.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.decision.Settlements.Receipt;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.limit.RealRedis;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Consumption;
import platform.deepseek.auth.usage.Holder;
import platform.deepseek.auth.usage.Outcome;
import platform.deepseek.auth.usage.Price;

class SettlementsTest {

  private static final Duration LONG = Duration.ofHours(1);
  private static final Consumption USED = new Consumption(100, 40, 50);

  private static Charge booked(World world) {
    world.book.flush();
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    return world.table.charged(new Holder.Everybody(), today.minusDays(1), today.plusDays(1));
  }

  @Test
  void aRequestIsChargedOnceAtThePriceOfItsDecision() {
    try (World world = new World(Optional.empty(), LONG)) {
      world.prices.set("m", new Price(2_000_000, 1_000_000, 3_000_000));
      String key = world.key(Role.DEVELOPER, Restrictions.NONE, Limits.NONE).key().reveal();
      String reservation = world.allowed(World.question(key, 100, 200)).reservation().orElseThrow();
      world.prices.set("m", new Price(9_000_000, 9_000_000, 9_000_000));
      Charge charge = new Charge(150, 60 * 2 + 40 + 50 * 3);
      assertThat(world.settlements.settle(reservation, USED, Outcome.COMPLETED).join())
          .isEqualTo(new Receipt.Settled(charge, true));
      assertThat(world.settlements.settle(reservation, USED, Outcome.COMPLETED).join())
          .isEqualTo(new Receipt.Settled(charge, false));
      assertThat(booked(world)).isEqualTo(charge);
    }
  }

  @Test
  void aFailedRequestCostsNothingAndGivesEverythingBack() {
    try (World world = new World(Optional.empty(), LONG)) {
      IssuedKey key =
          world.key(Role.DEVELOPER, Restrictions.NONE, Limits.of(Measure.TOKENS_PER_DAY, 300));
      Question all = World.question(key.key().reveal(), 100, 200);
      for (int i = 0; i < 5; i++) {
        Decision.Allow allow = world.allowed(all);
        assertThat(allow.maxTokens()).isEqualTo(200);
        assertThat(world.refused(all)).isEqualTo(Refusal.BUDGET_EXHAUSTED);
        world.settlements.settle(allow.reservation().orElseThrow(), USED, Outcome.FAILED).join();
      }
      assertThat(booked(world)).isEqualTo(Charge.NOTHING);
    }
  }

  @Test
  void whatStillWaitsForRedisAtTheEndOfTheProcessIsBooked() {
    try (RealRedis redis = new RealRedis();
        World world = new World(Optional.of(redis::client), LONG)) {
      String key = world.key(Role.DEVELOPER, Restrictions.NONE, Limits.NONE).key().reveal();
      String reservation = world.allowed(World.question(key, 100, 200)).reservation().orElseThrow();
      redis.stop();
      assertThat(world.settlements.settle(reservation, USED, Outcome.COMPLETED).join())
          .isInstanceOf(Receipt.Deferred.class);
      assertThat(booked(world)).isEqualTo(Charge.NOTHING);
      world.settlements.close();
      assertThat(world.settlements.waiting()).isZero();
      assertThat(booked(world).tokens()).isEqualTo(150);
      redis.start();
    }
  }

  @Test
  void aReservationThatSomebodyChangedIsNone() {
    try (World world = new World(Optional.empty(), LONG)) {
      String key = world.key(Role.DEVELOPER, Restrictions.NONE, Limits.NONE).key().reveal();
      String reservation = world.allowed(World.question(key, 1, 1)).reservation().orElseThrow();
      Random random = new Random(1);
      for (int i = 0; i < 500; i++) {
        char[] changed = reservation.toCharArray();
        changed[random.nextInt(changed.length - 1)] ^= (char) (1 + random.nextInt(7));
        String text = new String(changed);
        if (!text.equals(reservation)) {
          assertThat(world.settlements.settle(text, USED, Outcome.COMPLETED).join())
              .as(text)
              .isEqualTo(new Receipt.Unknown());
        }
      }
      for (String text : new String[] {"", ".", "a.b", reservation + ".x", "x".repeat(5_000)}) {
        assertThat(world.settlements.renew(text).join()).isFalse();
      }
      assertThat(world.settlements.renew(reservation).join()).isTrue();
    }
  }

  @Test
  void whatEndsWhileRedisIsAwayIsChargedOnceWhenItIsBack() {
    try (RealRedis redis = new RealRedis();
        World world = new World(Optional.of(redis::client), LONG)) {
      IssuedKey key =
          world.key(Role.DEVELOPER, Restrictions.NONE, Limits.of(Measure.TOKENS_PER_DAY, 10_000));
      Question question = World.question(key.key().reveal(), 100, 100);
      String before = world.allowed(question).reservation().orElseThrow();
      redis.stop();
      String during = world.allowed(question).reservation().orElseThrow();
      assertThat(world.limiter.isOutage()).isTrue();
      Receipt.Deferred deferred = new Receipt.Deferred(new Charge(150, 0));
      assertThat(world.settlements.settle(before, USED, Outcome.COMPLETED).join())
          .isEqualTo(deferred);
      assertThat(world.settlements.settle(during, USED, Outcome.COMPLETED).join())
          .isEqualTo(deferred);
      assertThat(world.settlements.settle(during, USED, Outcome.COMPLETED).join())
          .isEqualTo(deferred);
      assertThat(world.settlements.waiting()).isEqualTo(3);
      assertThat(booked(world)).isEqualTo(Charge.NOTHING);
      redis.start();
      soon().until(() -> world.limiter.tick().handle((late, failure) -> failure == null).join());
      world.settlements.tick();
      assertThat(world.settlements.waiting()).isZero();
      assertThat(booked(world)).isEqualTo(new Charge(300, 0));
      assertThat(world.allowed(World.question(key.key().reveal(), 0, 20_000)).maxTokens())
          .isEqualTo(9_700);
    }
  }
}
