package platform.deepseek.auth.service;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How this service leaves without an answer cut. A balancer learns only after a moment that a
 * replica goes, so at the first signal nothing stops: the service says that it is not ready, closes
 * each connection behind its answer, and serves on for the delay. Then the server takes no request
 * any more and waits for those it has. A second signal ends the delay.
 */
final class Drain {

  private final Duration delay;
  private final Runnable exit;
  private final AtomicInteger signals = new AtomicInteger();
  private final CountDownLatch hurry = new CountDownLatch(1);

  /**
   * @param delay for how long requests are served on after the first signal
   * @param exit begins the end of the process, and returns at once
   */
  Drain(Duration delay, Runnable exit) {
    this.delay = delay;
    this.exit = exit;
  }

  boolean begun() {
    return signals.get() > 0;
  }

  /** A signal to stop has come. Returns at once. */
  void signal() {
    if (signals.incrementAndGet() == 1) {
      Thread.ofPlatform().daemon().name("drain").start(this::run);
    } else {
      hurry.countDown();
    }
  }

  private void run() {
    try {
      var unusedHurried = hurry.await(delay.toMillis(), TimeUnit.MILLISECONDS);
      exit.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that
    }
  }
}
