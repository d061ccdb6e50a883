package platform.deepseek.cache.fault;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A circuit breaker: after so many failures in a row nothing is asked for a while, then one call
 * tries, and its success closes the circuit again.
 */
public final class Breaker {

  private static final long CLOSED = Long.MAX_VALUE;

  private final int failuresToOpen;
  private final long pauseNanos;
  private final LongSupplier nanoTime;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicLong openedAt = new AtomicLong(CLOSED);

  public Breaker(int failuresToOpen, Duration pause, LongSupplier nanoTime) {
    this.failuresToOpen = failuresToOpen;
    this.pauseNanos = pause.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Whether to ask now. Who is let through while it is open is the one that tries. */
  public boolean admits() {
    long opened = openedAt.get();
    if (opened == CLOSED) {
      return true;
    }
    long now = nanoTime.getAsLong();
    return now - opened >= pauseNanos && openedAt.compareAndSet(opened, now);
  }

  public void succeeded() {
    failures.set(0);
    openedAt.set(CLOSED);
  }

  public void failed() {
    if (failures.incrementAndGet() >= failuresToOpen) {
      openedAt.set(nanoTime.getAsLong());
    }
  }

  public boolean isOpen() {
    return openedAt.get() != CLOSED;
  }
}
