package platform.deepseek.inference.api.health;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How this service leaves without an answer cut. A balancer learns only after a moment that a
 * replica goes, so at the first signal nothing stops: the service says that it is not ready, closes
 * each connection behind its answer, and serves on for the delay. Then the server takes no request
 * any more and waits for those it has; what has not ended when most of the drain time is over is
 * ended by {@code ending}, so that its client is told instead of cut. A second signal ends the
 * waiting that goes on.
 */
final class Drain {

  /** Of the drain time, kept for telling clients that their answers were ended. */
  private static final int SHARE_OF_TELLING = 10;

  private final Duration delay;
  private final Duration time;
  private final Runnable exit;
  private final Runnable ending;
  private final AtomicInteger signals = new AtomicInteger();
  private final CountDownLatch hurry = new CountDownLatch(1);

  /**
   * @param delay for how long requests are served on after the first signal
   * @param time for how long what was begun by then may take
   * @param exit begins the end of the process, and returns at once
   * @param ending ends what still runs, each with a word to its client
   */
  Drain(Duration delay, Duration time, Runnable exit, Runnable ending) {
    this.delay = delay;
    this.time = time;
    this.exit = exit;
    this.ending = ending;
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
      await(delay);
      exit.run();
      await(time.minus(time.dividedBy(SHARE_OF_TELLING)));
      ending.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that
    }
  }

  private void await(Duration most) throws InterruptedException {
    var unusedHurried = hurry.await(most.toMillis(), TimeUnit.MILLISECONDS);
  }
}
