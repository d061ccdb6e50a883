package platform.deepseek.auth.service;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.auth.decision.Settlements;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.limit.Limiter;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.token.grant.AccessTokens;
import platform.deepseek.auth.traffic.SourceWatch;
import platform.deepseek.auth.usage.UsageBook;

/**
 * What has to be done again and again: ask for changes, return what nobody settled, write the book.
 * Each has a thread of its own, so that one that hangs delays no other. At the end the book is
 * written once more.
 */
@Singleton
final class Rounds {

  private static final Logger LOG = Logger.getLogger(Rounds.class);
  private static final Duration EVERY_SECOND = Duration.ofSeconds(1);
  private static final Duration EVERY_MINUTE = Duration.ofMinutes(1);

  private final AuthConfig config;
  private final FirstStart firstStart;
  private final RevisionWatch watch;
  private final Limiter limiter;
  private final Settlements settlements;
  private final SourceWatch sources;
  private final UsageBook book;
  private final AccessTokens tokens;
  private final Database database;
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(4);

  Rounds(
      AuthConfig config,
      FirstStart firstStart,
      RevisionWatch watch,
      Limiter limiter,
      Settlements settlements,
      SourceWatch sources,
      UsageBook book,
      AccessTokens tokens,
      Database database) {
    this.config = config;
    this.firstStart = firstStart;
    this.watch = watch;
    this.limiter = limiter;
    this.settlements = settlements;
    this.sources = sources;
    this.book = book;
    this.tokens = tokens;
    this.database = database;
  }

  void start(@Observes StartupEvent event) {
    firstStart.run();
    tokens.tick();
    watch.poll();
    every(config.revocationPoll(), "asking for changes", watch::poll);
    every(
        EVERY_SECOND,
        "sweeping reservations",
        () -> {
          limiter.tick().join();
          settlements.tick();
        });
    every(EVERY_SECOND, "watching sources", sources::tick);
    every(EVERY_SECOND, "writing the book", book::flush);
    every(EVERY_MINUTE, "keeping signing keys", tokens::tick);
  }

  void stop(@Observes ShutdownEvent event) {
    QuietEnd.of(threads);
    try {
      settlements.close();
      book.flush();
    } finally {
      database.close();
    }
  }

  private void every(Duration interval, String what, Runnable round) {
    var unused =
        threads.scheduleWithFixedDelay(
            new Round(what, round), 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Goes on after a failure, and tells of the first of a row of failures and of its end. */
  private static final class Round implements Runnable {
    private final String what;
    private final Runnable work;
    private boolean failing;

    Round(String what, Runnable work) {
      this.what = what;
      this.work = work;
    }

    @Override
    public void run() {
      try {
        work.run();
        if (failing) {
          LOG.infof("%s works again", what);
        }
        failing = false;
      } catch (RuntimeException e) {
        if (!failing) {
          LOG.warnf("%s failed and is tried on: %s", what, e.getMessage());
        }
        failing = true;
      }
    }
  }
}
