package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.usage.Account;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Consumption;
import platform.deepseek.auth.usage.Holder;
import platform.deepseek.auth.usage.Price;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageTable;

/** A real Redis loses its memory under load, again and again: the book brings budgets back. */
class LostMemoryTest {

  private static final int REPLICAS = 4;
  private static final int CLIENTS = 8;
  private static final int LOSSES = 5;
  private static final int SIZE = 10;
  private static final long BUDGET = 6_000;
  private static final LocalDate TODAY = LocalDate.now(ZoneOffset.UTC);

  private final Bound bound =
      new Bound(Level.KEY, "key", Limits.of(Measure.TOKENS_PER_MONTH, BUDGET));

  /** A process of its own on the common Redis and the common database. */
  private final class Replica {
    final UsageBook book;
    final Limiter limiter;

    Replica(RealRedis redis, UsageTable table, ExecutorService threads) {
      book = new UsageBook(table);
      limiter =
          Limiter.of(
              Optional.of(redis::client),
              new Limiter.Settings(REPLICAS, Duration.ofMinutes(5), Duration.ofSeconds(30)),
              book,
              table,
              threads,
              InstantSource.system());
    }

    /** One request after the other, each settled and booked, until the budget is used up. */
    void spend() {
      while (true) {
        String id = UUID.randomUUID().toString();
        Ruling ruling =
            limiter.reserve(new Demand(id, List.of(bound), SIZE, 0, Price.FREE, true)).join();
        if (!(ruling instanceof Ruling.Granted)) {
          return;
        }
        Charge charge = new Charge(SIZE, 0);
        boolean first =
            limiter
                .settle(
                    new Settlement(
                        id,
                        UUID.randomUUID().toString(),
                        Duration.ZERO,
                        charge,
                        List.of(bound.name())))
                .join();
        assertThat(first).isTrue();
        book.add(TODAY, new Account("t", "", "key"), "m", new Consumption(SIZE, 0, 0), charge);
        book.flush();
      }
    }
  }

  @Test
  void aBudgetIsOverspentByNoMoreThanWhatRanWhenTheMemoryWasLost() {
    try (RealRedis redis = new RealRedis();
        Database database = Database.open(Engine.H2.fresh());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      UsageTable table = new UsageTable(database);
      List<Replica> replicas =
          IntStream.range(0, REPLICAS).mapToObj(i -> new Replica(redis, table, threads)).toList();
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(CompletableFuture.runAsync(replicas.get(i % REPLICAS)::spend, threads));
      }
      for (int loss = 1; loss <= LOSSES; loss++) {
        long spent = loss * BUDGET / (LOSSES + 1);
        soon().until(() -> charged(table) >= spent);
        redis.send("FLUSHALL");
      }
      clients.forEach(CompletableFuture::join);
      assertThat(charged(table))
          .isGreaterThan(BUDGET - SIZE)
          .isLessThanOrEqualTo(BUDGET + LOSSES * CLIENTS * SIZE);

      // With all of it lost once more, the book alone says that nothing is left.
      redis.send("FLUSHALL");
      replicas.forEach(Replica::spend);
      assertThat(charged(table)).isLessThanOrEqualTo(BUDGET + LOSSES * CLIENTS * SIZE);
      String key = "%s:month:%d:key:key".formatted(RedisCounters.PREFIX, month());
      assertThat(redis.send("HGET", key, "tokens").toLong()).isEqualTo(charged(table));
    }
  }

  private static long charged(UsageTable table) {
    return table.charged(new Holder.Key("key"), TODAY, TODAY).tokens();
  }

  private static long month() {
    return TODAY.getYear() * 12L + TODAY.getMonthValue() - 1;
  }
}
