package platform.deepseek.auth.limit;

import io.vertx.redis.client.Redis;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageTable;

/**
 * Holds requests to their limits: by the counters that all replicas share, and while those do not
 * answer by a share of its own. The first call that fails starts an outage; from then on nobody
 * waits for Redis, until the tick that comes every second finds it again. Budgets that the counters
 * do not have yet, or have lost, are read from the book.
 */
public final class Limiter {

  private static final Logger LOG = Logger.getLogger(Limiter.class);
  private static final int MOST_SEEDINGS = 3;

  /**
   * @param replicas among which limits are shared during an outage
   * @param lease of a reservation that is not renewed
   * @param patience after which Redis is taken for gone
   */
  public record Settings(int replicas, Duration lease, Duration patience) {}

  private final Optional<Counters> shared;
  private final Settings settings;
  private final UsageBook book;
  private final UsageTable table;
  private final Executor executor;
  private final InstantSource clock;
  private final ConcurrentMap<String, CompletableFuture<Void>> seedings = new ConcurrentHashMap<>();
  private volatile LocalCounters alone;
  private volatile boolean outage;

  private Limiter(
      Optional<Counters> shared,
      Settings settings,
      UsageBook book,
      UsageTable table,
      Executor executor,
      InstantSource clock) {
    this.shared = shared;
    this.settings = settings;
    this.book = book;
    this.table = table;
    this.executor = executor;
    this.clock = clock;
    this.alone = new LocalCounters(shared.isPresent() ? settings.replicas() : 1, lease(), clock);
  }

  /**
   * @param redis makes a client that lives on the event loop it is called on; empty for a service
   *     that runs alone
   * @param executor for reading the book, which blocks
   */
  public static Limiter of(
      Optional<Supplier<Redis>> redis,
      Settings settings,
      UsageBook book,
      UsageTable table,
      Executor executor,
      InstantSource clock) {
    return new Limiter(
        redis.map(
            clients ->
                new RedisCounters(
                    clients, RedisCounters.PREFIX, settings.lease(), settings.patience())),
        settings,
        book,
        table,
        executor,
        clock);
  }

  private Duration lease() {
    return settings.lease();
  }

  /** Whether limits are held by this process alone although they are to be shared. */
  public boolean isOutage() {
    return outage;
  }

  /**
   * Decides, and takes what passes.
   *
   * @return fails with StoreUnavailable when a budget could not be read
   */
  public CompletableFuture<Ruling> reserve(Demand demand) {
    if (shared.isEmpty() || outage) {
      return reserve(alone, demand, MOST_SEEDINGS);
    }
    return reserve(shared.get(), demand, MOST_SEEDINGS)
        .exceptionallyCompose(
            failure -> {
              Throwable cause = cause(failure);
              if (!(cause instanceof CountersUnavailable)) {
                return CompletableFuture.failedFuture(cause);
              }
              begin(cause);
              return reserve(alone, demand, MOST_SEEDINGS);
            });
  }

  private CompletableFuture<Ruling> reserve(Counters counters, Demand demand, int seedings) {
    return counters
        .reserve(demand)
        .thenCompose(
            answer ->
                switch (answer) {
                  case Ruling ruling -> CompletableFuture.completedFuture(ruling);
                  case Answer.Unseeded unseeded -> {
                    if (seedings == 0) {
                      throw new IllegalStateException(
                          "budgets stay unknown though they were seeded: " + unseeded);
                    }
                    yield seed(counters, unseeded.budgets())
                        .thenCompose(seeded -> reserve(counters, demand, seedings - 1));
                  }
                });
  }

  /**
   * Ends a reservation with what was used.
   *
   * @return false when it was settled before; fails with {@link CountersUnavailable}
   */
  public CompletableFuture<Boolean> settle(Settlement settlement) {
    if (shared.isEmpty()) {
      return alone.settle(settlement);
    }
    alone.settleOwn(settlement); // an outage may have been when it was made
    return outage
        ? CompletableFuture.failedFuture(
            new CountersUnavailable(new IllegalStateException("Redis is away")))
        : noticing(shared.get().settle(settlement));
  }

  /** Says that a request is still running; false when its reservation is not open any more. */
  public CompletableFuture<Boolean> renew(String reservation) {
    if (shared.isEmpty() || outage) {
      return alone.renew(reservation);
    }
    return alone
        .renew(reservation)
        .thenCompose(
            here ->
                here
                    ? CompletableFuture.completedFuture(true)
                    : noticing(shared.get().renew(reservation)));
  }

  /** To be called every second: returns what nobody settled, and finds Redis again. */
  public CompletableFuture<Integer> tick() {
    return alone
        .sweep()
        .thenCompose(
            late ->
                shared.isEmpty()
                    ? CompletableFuture.completedFuture(late)
                    : noticing(shared.get().sweep())
                        .thenApply(
                            returned -> {
                              end();
                              return late + returned;
                            }));
  }

  private CompletableFuture<Void> seed(Counters counters, List<Answer.Budget> budgets) {
    return CompletableFuture.allOf(
        budgets.stream().map(budget -> seed(counters, budget)).toArray(CompletableFuture[]::new));
  }

  /** However many requests find a budget missing, it is read once. */
  private CompletableFuture<Void> seed(Counters counters, Answer.Budget budget) {
    String name =
        "%s %s %d %d"
            .formatted(
                budget.bound().name(),
                budget.period(),
                budget.number(),
                System.identityHashCode(counters));
    CompletableFuture<Void> running =
        seedings.computeIfAbsent(
            name,
            begun ->
                CompletableFuture.supplyAsync(() -> used(budget), executor)
                    .thenCompose(used -> counters.seed(budget, used)));
    return running.whenComplete((done, failure) -> seedings.remove(name, running));
  }

  private Charge used(Answer.Budget budget) {
    book.flush();
    LocalDate first =
        switch (budget.period()) {
          case DAY -> LocalDate.ofEpochDay(budget.number());
          case MONTH ->
              YearMonth.of(1970, 1).with(ChronoField.PROLEPTIC_MONTH, budget.number()).atDay(1);
        };
    LocalDate last =
        switch (budget.period()) {
          case DAY -> first;
          case MONTH -> YearMonth.from(first).atEndOfMonth();
        };
    return table.charged(budget.bound().holder(), first, last);
  }

  private <T> CompletableFuture<T> noticing(CompletableFuture<T> call) {
    return call.exceptionallyCompose(
        failure -> {
          if (cause(failure) instanceof CountersUnavailable unavailable) {
            begin(unavailable);
          }
          return CompletableFuture.failedFuture(cause(failure));
        });
  }

  private synchronized void begin(Throwable cause) {
    if (!outage) {
      LOG.warnf(
          "Redis does not answer; each replica now lets through 1/%d of the limits: %s",
          settings.replicas(), cause.getMessage());
      alone = new LocalCounters(settings.replicas(), lease(), clock);
      outage = true;
    }
  }

  private synchronized void end() {
    if (outage) {
      LOG.info("Redis answers again; limits are shared by all replicas");
      outage = false;
    }
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
