package platform.deepseek.auth.service;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Ends rounds without interrupting one that is under way: H2 closes its file under a thread that is
 * interrupted while it reads or writes, and what the others write at their end would be lost.
 */
final class QuietEnd {

  private static final Logger LOG = Logger.getLogger(QuietEnd.class);

  /** Longer than a database that went away keeps a statement waiting. */
  private static final Duration MOST = Duration.ofSeconds(6);

  private QuietEnd() {}

  static void of(ExecutorService rounds) {
    rounds.shutdown();
    try {
      if (!rounds.awaitTermination(MOST.toSeconds(), TimeUnit.SECONDS)) {
        LOG.warnf("a round still runs after %s and is left to itself", MOST);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
