package platform.deepseek.inference.api.cache;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import platform.deepseek.inference.engine.prefix.BlockName;

/**
 * Whether cache-service answers questions for prefixes within their patience. It is tried out
 * beside the requests, at the start and after failures in a row, so that no request pays for it:
 * neither for a service that is not there, nor for the slow first calls of one that has just
 * started, here or there.
 */
final class Reachability {

  private static final Logger LOG = Logger.getLogger(Reachability.class);

  /** For an answer that no request waits for. */
  static final Duration UNHURRIED = Duration.ofSeconds(2);

  private static final int FAILURES = 3;

  /** Quick answers in a row after which it is relied on: also what compilers need to see. */
  private static final int QUICK_ANSWERS = 32;

  /** Between two trials when the last one failed, or was slow. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private static final long SLOW_PAUSE_MILLIS = 20;

  /** As many as a prompt of 2,000 tokens has. */
  private static final List<BlockName> NAMES =
      IntStream.range(0, 32).mapToObj(i -> new BlockName(i, i, i, i)).toList();

  interface Trial {
    Future<Integer> ask(String tenant, List<BlockName> names);
  }

  private final Vertx vertx;
  private final Duration patience;
  private final Trial trial;
  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean reached;
  private boolean warned;

  Reachability(Vertx vertx, Duration patience, Trial trial) {
    this.vertx = vertx;
    this.patience = patience;
    this.trial = trial;
  }

  void start() {
    attempt(QUICK_ANSWERS);
  }

  boolean isReached() {
    return reached;
  }

  void answered() {
    failures.set(0);
  }

  void unanswered(String why) {
    if (failures.incrementAndGet() >= FAILURES && lose(why)) {
      pause(PAUSE.toMillis(), 1);
    }
  }

  private synchronized boolean lose(String why) {
    if (!reached) {
      return false;
    }
    reached = false;
    tell(why);
    return true;
  }

  private void tell(String why) {
    if (!warned) {
      warned = true;
      LOG.warnf("cache-service does not answer for prefixes, they are computed: %s", why);
    }
  }

  /**
   * @param missing quick answers
   */
  private void attempt(int missing) {
    long begun = System.nanoTime();
    trial
        .ask("-", NAMES)
        .onComplete(
            done -> {
              boolean quick = System.nanoTime() - begun <= patience.toNanos();
              if (done.failed()) {
                fail(done.cause());
                pause(PAUSE.toMillis(), missing);
              } else if (!quick) {
                pause(SLOW_PAUSE_MILLIS, missing);
              } else if (missing > 1) {
                attempt(missing - 1);
              } else {
                succeed();
              }
            });
  }

  private synchronized void fail(Throwable failure) {
    tell(failure.toString());
  }

  private synchronized void succeed() {
    failures.set(0);
    reached = true;
    if (warned) {
      LOG.info("cache-service answers for prefixes");
    }
    warned = false;
  }

  private void pause(long millis, int missing) {
    vertx.setTimer(millis, over -> attempt(missing));
  }
}
