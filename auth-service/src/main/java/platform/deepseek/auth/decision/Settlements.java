package platform.deepseek.auth.decision;

import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.limit.CountersUnavailable;
import platform.deepseek.auth.limit.Limiter;
import platform.deepseek.auth.limit.Settlement;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Consumption;
import platform.deepseek.auth.usage.Outcome;
import platform.deepseek.auth.usage.UsageBook;

/**
 * Ends reservations with what was really used. A request is charged once, however often its end is
 * told: the counters know which reservations were settled, and only what they call new goes into
 * the book. While they do not answer, settlements wait here.
 */
public final class Settlements {

  private static final Logger LOG = Logger.getLogger(Settlements.class);
  private static final int MOST_WAITING = 100_000;

  /** What became of a settlement. */
  public sealed interface Receipt {

    /**
     * @param first false when it was told before, and nothing was charged again
     */
    record Settled(Charge charge, boolean first) implements Receipt {}

    /** It will be charged when the counters answer again. */
    record Deferred(Charge charge) implements Receipt {}

    /** No reservation of ours. */
    record Unknown() implements Receipt {}
  }

  private record Waiting(
      Reservation reservation, String teller, Duration age, Consumption used, Charge charge) {}

  private final Limiter limiter;
  private final UsageBook book;
  private final ReservationSeal seal;
  private final InstantSource clock;
  private final ConcurrentLinkedQueue<Waiting> waiting = new ConcurrentLinkedQueue<>();
  private final String process = UUID.randomUUID() + ":";
  private final AtomicLong tellings = new AtomicLong();
  private final AtomicInteger waitingCount = new AtomicInteger();

  public Settlements(Limiter limiter, UsageBook book, Pepper pepper, InstantSource clock) {
    this.limiter = limiter;
    this.book = book;
    this.seal = new ReservationSeal(pepper);
    this.clock = clock;
  }

  /**
   * @param sealed what the decision gave
   */
  public CompletableFuture<Receipt> settle(String sealed, Consumption used, Outcome outcome) {
    Optional<Reservation> reservation = seal.open(sealed);
    if (reservation.isEmpty()) {
      return CompletableFuture.completedFuture(new Receipt.Unknown());
    }
    Charge charge = reservation.get().price().charge(used, outcome);
    Waiting settlement =
        new Waiting(
            reservation.get(),
            process + tellings.incrementAndGet(),
            Duration.between(reservation.get().made(), clock.instant()),
            used,
            charge);
    return settle(settlement)
        .<Receipt>thenApply(first -> new Receipt.Settled(charge, first))
        .exceptionallyCompose(
            failure -> {
              Throwable cause =
                  failure instanceof CompletionException ? failure.getCause() : failure;
              if (!(cause instanceof CountersUnavailable)) {
                return CompletableFuture.failedFuture(cause);
              }
              defer(settlement);
              return CompletableFuture.completedFuture(new Receipt.Deferred(charge));
            });
  }

  /**
   * Says that a request is still running; false when there is nothing to prolong.
   *
   * @return fails with {@link CountersUnavailable}
   */
  public CompletableFuture<Boolean> renew(String sealed) {
    Optional<Reservation> reservation = seal.open(sealed);
    return reservation.isEmpty()
        ? CompletableFuture.completedFuture(false)
        : limiter.renew(reservation.get().id());
  }

  /** How many settlements wait for the counters. */
  public int waiting() {
    return waitingCount.get();
  }

  /** To be called every second: settles what waits, until the counters fail again. */
  public void tick() {
    int most = waitingCount.get();
    for (int i = 0; i < most && !limiter.isOutage(); i++) {
      Waiting next = waiting.poll();
      if (next == null) {
        return;
      }
      waitingCount.decrementAndGet();
      try {
        settle(next).join();
      } catch (CompletionException e) {
        LOG.warnf("a settlement waits on: %s", e.getCause().getMessage());
        defer(next);
        return;
      }
    }
  }

  /** At the end of the process: the book gets what still waits, the counters will not. */
  public void close() {
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      waitingCount.decrementAndGet();
      note(next);
    }
  }

  private CompletableFuture<Boolean> settle(Waiting settlement) {
    Reservation reservation = settlement.reservation();
    return limiter
        .settle(
            new Settlement(
                reservation.id(),
                settlement.teller(),
                settlement.age(),
                settlement.charge(),
                reservation.bounds()))
        .thenApply(
            first -> {
              if (first) {
                note(settlement);
              }
              return first;
            });
  }

  private void defer(Waiting settlement) {
    if (waitingCount.incrementAndGet() <= MOST_WAITING) {
      waiting.add(settlement);
      return;
    }
    waitingCount.decrementAndGet();
    note(settlement); // too many to remember: the book has it, the counters will not
  }

  private void note(Waiting settlement) {
    Reservation reservation = settlement.reservation();
    book.add(
        LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC),
        reservation.account(),
        reservation.model(),
        settlement.used(),
        settlement.charge());
  }
}
