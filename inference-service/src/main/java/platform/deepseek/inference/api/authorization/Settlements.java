package platform.deepseek.inference.api.authorization;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.json.WholeAnswer;

/**
 * Tells auth-service what requests have used, until it has heard. What it does not take waits here
 * and is told again, ever less often while it stays away, and all of it soon after it is back: a
 * settlement told twice is charged once. The queue is bounded; what does not fit is lost, which
 * auth-service notices by the lease of the reservation: it is returned, and nothing is charged.
 */
final class Settlements {

  private static final Logger LOG = Logger.getLogger(Settlements.class);
  private static final int TOGETHER = 32;
  private static final Duration SHORTEST = Duration.ofMillis(250);
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private record Settlement(String reservation, Buffer body) {}

  private final Vertx vertx;
  private final AuthClient client;
  private final int limit;
  private final Runnable onLost;
  private final Deque<Settlement> waiting = new ArrayDeque<>();
  private int expected;
  private int unheard;
  private boolean away;
  private boolean draining;
  private long pause = SHORTEST.toMillis();

  /**
   * @param limit of those that wait
   * @param onLost called for each that found no place
   */
  Settlements(Vertx vertx, AuthClient client, int limit, Runnable onLost) {
    this.vertx = vertx;
    this.client = client;
    this.limit = limit;
    this.onLost = onLost;
  }

  /** A request is answered by leave: it will be settled. */
  synchronized void expect() {
    expected++;
  }

  /** Settles what was expected. */
  void settle(String reservation, Consumption used, Outcome outcome) {
    var settlement = new Settlement(reservation, ContractJson.settlement(used, outcome));
    synchronized (this) {
      expected--;
      unheard++;
      if (away) {
        keep(settlement);
        return;
      }
    }
    tell(settlement);
  }

  /** Those that are still to come. */
  synchronized int expected() {
    return expected;
  }

  /** Those that auth-service has not heard yet. */
  synchronized int waiting() {
    return unheard;
  }

  /**
   * The service ends: no long pauses any more, until all that is expected came and was heard.
   *
   * @param most how long to wait for that
   * @return how many are left
   */
  synchronized int drain(Duration most) {
    draining = true;
    pause = SHORTEST.toMillis();
    if (away) {
      vertx.setTimer(1, again -> retry());
    }
    long end = System.nanoTime() + most.toNanos();
    try {
      long left;
      while (expected + unheard > 0
          && (left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) > 0) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever ends the service wants no more waiting
    }
    return expected + unheard;
  }

  /** One is heard, or lost for good. */
  private void gone() {
    unheard--;
    notifyAll();
  }

  /** Succeeds when it need not be told again. */
  private Future<Void> tell(Settlement settlement) {
    return client
        .post("/v1/settlements/" + settlement.reservation(), settlement.body())
        .compose(answer -> judge(answer, settlement))
        .onComplete(
            told -> {
              synchronized (this) {
                if (told.succeeded()) {
                  gone();
                } else {
                  keep(settlement);
                  beginOutage(told.cause());
                }
              }
            });
  }

  private static Future<Void> judge(WholeAnswer answer, Settlement settlement) {
    return switch (answer.status()) {
      case 200, 202 -> Future.succeededFuture();
      case 400, 404 -> {
        LOG.errorf(
            "auth-service answers %d to the settlement %s: %s",
            answer.status(), settlement.body(), answer.body());
        yield Future.succeededFuture(); // it would say the same again
      }
      default -> Future.failedFuture("auth-service answers " + answer.status());
    };
  }

  private void keep(Settlement settlement) {
    if (waiting.size() < limit) {
      waiting.addLast(settlement);
    } else {
      onLost.run();
      gone();
    }
  }

  private void beginOutage(Throwable cause) {
    if (!away) {
      away = true;
      LOG.warnf("settlements wait, auth-service does not take them: %s", cause.getMessage());
      vertx.setTimer(jittered(pause), again -> retry());
    }
  }

  private void retry() {
    List<Future<?>> told = new ArrayList<>();
    List<Settlement> next = new ArrayList<>();
    synchronized (this) {
      while (next.size() < TOGETHER && !waiting.isEmpty()) {
        next.add(waiting.removeFirst());
      }
    }
    next.forEach(settlement -> told.add(tell(settlement)));
    Future.join(told).onComplete(all -> afterRetry(all.succeeded()));
  }

  private synchronized void afterRetry(boolean heard) {
    if (heard && waiting.isEmpty()) {
      away = false;
      pause = SHORTEST.toMillis();
      LOG.info("auth-service takes settlements again");
      return;
    }
    if (heard) {
      pause = SHORTEST.toMillis();
      vertx.runOnContext(more -> retry());
      return;
    }
    pause = draining ? SHORTEST.toMillis() : Math.min(2 * pause, LONGEST.toMillis());
    vertx.setTimer(jittered(pause), again -> retry());
  }

  /** Replicas that lost auth-service together do not come back together. */
  private static long jittered(long millis) {
    return ThreadLocalRandom.current().nextLong(millis / 2, millis + 1);
  }
}
