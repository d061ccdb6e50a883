package platform.deepseek.inference.api.client;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits for a condition, and fails when it does not come true in time. Time in which the machine
 * did not let the one who waits run does not count: the others have waited for their turn as well.
 */
public final class Await {

  private static final long PAUSE_NANOS = 1_000_000;

  /** After a pause, a usual time to be woken in. */
  private static final long MOST_LATE_NANOS = 4_000_000;

  private Await() {}

  public static void until(Duration limit, String what, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      long paused = System.nanoTime();
      if (paused > end) {
        fail("not within %s ms: %s", limit.toMillis(), what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      end += Math.max(0, System.nanoTime() - paused - PAUSE_NANOS - MOST_LATE_NANOS);
    }
  }
}
