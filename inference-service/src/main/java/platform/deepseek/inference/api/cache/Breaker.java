package platform.deepseek.inference.api.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Spares requests the wait for a service that does not answer: after several failures in a row it
 * is not asked for a while, then one request tries.
 */
final class Breaker {

  private static final int FAILURES = 5;
  private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long CLOSED = Long.MAX_VALUE;

  private final LongSupplier nanoTime;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicLong openSince = new AtomicLong(CLOSED);

  Breaker(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether to ask now; where it is open, of all who ask after the pause one may. */
  boolean admits() {
    long since = openSince.get();
    if (since == CLOSED) {
      return true;
    }
    long now = nanoTime.getAsLong();
    return now - since >= PAUSE_NANOS && openSince.compareAndSet(since, now);
  }

  void succeeded() {
    failures.set(0);
    openSince.set(CLOSED);
  }

  void failed() {
    if (failures.incrementAndGet() >= FAILURES) {
      openSince.set(nanoTime.getAsLong());
    }
  }

  boolean isOpen() {
    return openSince.get() != CLOSED;
  }
}
