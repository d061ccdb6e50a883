package platform.deepseek.auth.limit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import platform.deepseek.auth.usage.Charge;

/**
 * The same rules as {@link RedisCounters} in the memory of one process: for a service that runs
 * alone, and for the time without Redis, when each of N replicas lets through its Nth part. A limit
 * that is too small to be shared leaves one to each, so that nobody is locked out by an outage; of
 * a budget, what the book says is left is shared.
 */
final class LocalCounters implements Counters {

  private static final Duration RELEASED_KEPT = Duration.ofDays(1);

  private record Held(
      List<Bound> bounds, List<Answer.Budget> budgets, long second, Charge charge, Instant until) {}

  /** What was used when the budget began to be kept here, and since then. */
  private static final class Spent {
    private final Charge before;
    private Charge since = Charge.NOTHING;

    Spent(Charge before) {
      this.before = before;
    }

    long used(boolean money) {
      return money ? before.money() + since.money() : before.tokens() + since.tokens();
    }

    void add(long tokens, long money) {
      since = new Charge(since.tokens() + tokens, since.money() + money);
    }
  }

  private record BudgetName(String bound, Answer.Period period, long number) {
    static BudgetName of(Answer.Budget budget) {
      return new BudgetName(budget.bound().name(), budget.period(), budget.number());
    }
  }

  private final int replicas;
  private final Duration lease;
  private final InstantSource clock;
  private final Instant born;
  private final Map<String, Tally> tallies = new HashMap<>();
  private final Map<BudgetName, Spent> budgets = new HashMap<>();
  private final Map<String, Held> open = new HashMap<>();
  private final Map<String, Instant> released = new LinkedHashMap<>(); // by the sweep
  private final Map<String, Instant> settled = new LinkedHashMap<>(); // the oldest first

  LocalCounters(int replicas, Duration lease, InstantSource clock) {
    this.replicas = replicas;
    this.lease = lease;
    this.clock = clock;
    this.born = clock.instant();
  }

  @Override
  public synchronized CompletableFuture<Answer> reserve(Demand demand) {
    Instant now = clock.instant();
    List<Answer.Budget> kept = demand.holds() ? budgets(demand, now) : List.of();
    List<Answer.Budget> unseeded =
        kept.stream().filter(budget -> !budgets.containsKey(BudgetName.of(budget))).toList();
    if (!unseeded.isEmpty()) {
      return CompletableFuture.completedFuture(new Answer.Unseeded(unseeded));
    }
    Deliberation deliberation = new Deliberation(demand, micros(now), replicas);
    for (Bound bound : demand.bounds()) {
      Tally tally = tallies.computeIfAbsent(bound.name(), name -> new Tally());
      tally.advance(micros(now));
      deliberation.ask(bound, tally);
    }
    for (Answer.Budget budget : kept) {
      Spent spent = budgets.get(BudgetName.of(budget));
      deliberation.ask(budget, spent.before, new Charge(spent.used(false), spent.used(true)));
    }
    if (deliberation.ruling() instanceof Ruling.Granted passed) {
      take(demand, kept, passed.maxTokens(), now);
      return CompletableFuture.completedFuture(deliberation.afterwards(passed));
    }
    return CompletableFuture.completedFuture(deliberation.ruling());
  }

  private void take(Demand demand, List<Answer.Budget> kept, long granted, Instant now) {
    long second = now.getEpochSecond();
    Charge charge =
        new Charge(
            demand.promptTokens() + granted,
            demand.price().ofPrompt(demand.promptTokens()) + demand.price().ofCompletion(granted));
    for (Bound bound : demand.bounds()) {
      Tally tally = tallies.get(bound.name());
      tally.addRequest(micros(now));
      if (demand.holds()) {
        tally.enter();
        tally.addTokens(second, charge.tokens());
      }
    }
    if (demand.holds()) {
      kept.forEach(
          budget -> budgets.get(BudgetName.of(budget)).add(charge.tokens(), charge.money()));
      open.put(
          demand.reservation(), new Held(demand.bounds(), kept, second, charge, now.plus(lease)));
    }
  }

  @Override
  public synchronized CompletableFuture<Boolean> settle(Settlement settlement) {
    Charge charge = settlement.charge();
    Held held = open.remove(settlement.reservation());
    boolean late = released.remove(settlement.reservation()) != null;
    if (held == null && !late && isOver(settlement)) {
      return CompletableFuture.completedFuture(false);
    }
    settled.put(settlement.reservation(), clock.instant());
    if (held != null) {
      close(held, settlement);
    } else {
      budgets.forEach(
          (name, spent) -> {
            if (settlement.bounds().contains(name.bound())) {
              spent.add(charge.tokens(), charge.money());
            }
          });
    }
    return CompletableFuture.completedFuture(true);
  }

  private boolean isOver(Settlement settlement) {
    return settled.containsKey(settlement.reservation())
        || settlement.age().compareTo(Settlement.REMEMBERED) >= 0
            && !born.plus(Settlement.REMEMBERED).isAfter(clock.instant());
  }

  /** Ends a reservation that was made here; any other is left alone. */
  synchronized void settleOwn(Settlement settlement) {
    Held held = open.remove(settlement.reservation());
    if (held != null) {
      close(held, settlement);
    }
  }

  /** Budgets that are kept and were not asked, because they had no limit then, are charged too. */
  private void close(Held held, Settlement settlement) {
    close(held, settlement.charge());
    Set<BudgetName> charged =
        held.budgets().stream().map(BudgetName::of).collect(Collectors.toUnmodifiableSet());
    for (String bound : settlement.bounds()) {
      for (Answer.Period period : Answer.Period.values()) {
        long number = number(period, Instant.ofEpochSecond(held.second()));
        BudgetName name = new BudgetName(bound, period, number);
        Spent spent = budgets.get(name);
        if (spent != null && !charged.contains(name)) {
          spent.add(settlement.charge().tokens(), settlement.charge().money());
        }
      }
    }
  }

  private void close(Held held, Charge charge) {
    long tokens = charge.tokens() - held.charge().tokens();
    long money = charge.money() - held.charge().money();
    for (Bound bound : held.bounds()) {
      Tally tally = tallies.get(bound.name());
      if (tally != null) {
        tally.leave();
        tally.changeTokens(held.second(), tokens);
      }
    }
    for (Answer.Budget budget : held.budgets()) {
      Spent spent = budgets.get(BudgetName.of(budget));
      if (spent != null) {
        spent.add(tokens, money);
      }
    }
  }

  @Override
  public synchronized CompletableFuture<Boolean> renew(String reservation) {
    Instant until = clock.instant().plus(lease);
    Held held =
        open.computeIfPresent(
            reservation,
            (id, old) -> new Held(old.bounds(), old.budgets(), old.second(), old.charge(), until));
    return CompletableFuture.completedFuture(held != null);
  }

  @Override
  public synchronized CompletableFuture<Void> seed(Answer.Budget budget, Charge used) {
    budgets.putIfAbsent(BudgetName.of(budget), new Spent(used));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletableFuture<Integer> sweep() {
    Instant now = clock.instant();
    int late = 0;
    for (Iterator<Map.Entry<String, Held>> it = open.entrySet().iterator(); it.hasNext(); ) {
      Map.Entry<String, Held> held = it.next();
      if (!held.getValue().until().isAfter(now)) {
        close(held.getValue(), Charge.NOTHING);
        released.put(held.getKey(), now);
        it.remove();
        late++;
      }
    }
    forget(settled, now.minus(Settlement.KEPT));
    forget(released, now.minus(RELEASED_KEPT));
    tallies
        .values()
        .removeIf(
            tally -> {
              tally.advance(micros(now));
              return tally.isIdle();
            });
    budgets.keySet().removeIf(name -> name.number() < number(name.period(), now) - 1);
    return CompletableFuture.completedFuture(late);
  }

  private static void forget(Map<String, Instant> times, Instant before) {
    Iterator<Instant> it = times.values().iterator();
    while (it.hasNext() && it.next().isBefore(before)) {
      it.remove();
    }
  }

  private static List<Answer.Budget> budgets(Demand demand, Instant now) {
    List<Answer.Budget> budgets = new ArrayList<>();
    for (Bound bound : demand.bounds()) {
      for (Answer.Period period : Answer.Period.values()) {
        if (bound.limits().get(period.tokens()).isPresent()
            || bound.limits().get(period.money()).isPresent()) {
          budgets.add(new Answer.Budget(bound, period, number(period, now)));
        }
      }
    }
    return budgets;
  }

  private static long number(Answer.Period period, Instant now) {
    LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC);
    return switch (period) {
      case DAY -> day.toEpochDay();
      case MONTH -> YearMonth.from(day).getLong(ChronoField.PROLEPTIC_MONTH);
    };
  }

  private static long micros(Instant now) {
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
  }

  static Optional<Duration> duration(long micros) {
    return micros < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(micros * 1_000));
  }
}
