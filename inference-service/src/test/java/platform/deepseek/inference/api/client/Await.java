package platform.deepseek.inference.api.client;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition, and fails when it does not come true in time. */
public final class Await {

  private Await() {}

  public static void until(Duration limit, String what, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        fail("not within %s ms: %s", limit.toMillis(), what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
