package platform.deepseek.cache.service;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.answer.Rung;

/** What has to be done again and again, and what has to be closed at the end. */
@Singleton
final class Rounds {

  private static final Logger LOG = Logger.getLogger(Rounds.class);
  private static final Duration WATCH = Duration.ofMillis(500);

  private final AnswerCache answers;
  private final Wiring.Rungs rungs;
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);

  Rounds(AnswerCache answers, Wiring.Rungs rungs) {
    this.answers = answers;
    this.rungs = rungs;
  }

  void start(@Observes StartupEvent event) {
    every(WATCH, "looking for lost leaders", answers::endLost);
  }

  void stop(@Observes ShutdownEvent event) {
    threads.shutdownNow();
    for (Rung rung : rungs.list()) {
      rung.tier().close();
    }
  }

  private void every(Duration interval, String what, Runnable round) {
    var unused =
        threads.scheduleWithFixedDelay(
            () -> {
              try {
                round.run();
              } catch (RuntimeException e) {
                LOG.warnf(e, "%s failed and is tried on", what);
              }
            },
            interval.toMillis(),
            interval.toMillis(),
            TimeUnit.MILLISECONDS);
  }
}
