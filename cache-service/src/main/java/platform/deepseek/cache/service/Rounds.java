package platform.deepseek.cache.service;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.cache.answer.Administration;
import platform.deepseek.cache.answer.Rung;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.metrics.CacheMetrics;
import platform.deepseek.cache.purge.PurgeExchange;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.stream.Streams;

/** What has to be done again and again, and what has to be closed at the end. */
@Singleton
final class Rounds {

  private static final Logger LOG = Logger.getLogger(Rounds.class);
  private static final Duration WATCH = Duration.ofMillis(500);

  private final CacheConfig config;
  private final Streams streams;
  private final Purges purges;
  private final Keyring keyring;
  private final Administration administration;
  private final CacheMetrics metrics;
  private final TierWiring.Rungs rungs;
  private final TierWiring.Blocks blocks;
  private final Wiring.Shared shared;
  private final TierWiring.ObjectClient objects;
  private final Wiring.Timer timer;
  private final InstantSource clock;

  Rounds(
      CacheConfig config,
      Streams streams,
      Purges purges,
      Keyring keyring,
      Administration administration,
      CacheMetrics metrics,
      TierWiring.Rungs rungs,
      TierWiring.Blocks blocks,
      Wiring.Shared shared,
      TierWiring.ObjectClient objects,
      Wiring.Timer timer,
      InstantSource clock) {
    this.config = config;
    this.streams = streams;
    this.purges = purges;
    this.keyring = keyring;
    this.administration = administration;
    this.metrics = metrics;
    this.rungs = rungs;
    this.blocks = blocks;
    this.shared = shared;
    this.objects = objects;
    this.timer = timer;
    this.clock = clock;
  }

  void start(@Observes StartupEvent event) {
    purges.listen(administration::apply);
    every(WATCH, "looking for lost leaders", streams::endLost);
    every(WATCH, "counting tenants", metrics::tick);
    shared
        .redis()
        .map(
            redis ->
                new PurgeExchange(redis, purges, config.longestLife(), clock, keyring::putBack))
        .ifPresent(
            exchange ->
                every(
                    config.purgePoll(),
                    "asking for purges",
                    () -> {
                      var unused =
                          exchange
                              .round()
                              .exceptionally(
                                  failure -> {
                                    LOG.debugf("purges wait: %s", failure.getMessage());
                                    return null;
                                  });
                    }));
  }

  void stop(@Observes ShutdownEvent event) {
    timer.threads().shutdownNow();
    for (Rung rung : rungs.list()) {
      rung.tier().close();
    }
    blocks.disk().ifPresent(disk -> disk.tier().close());
    objects.s3().ifPresent(s3 -> s3.close());
  }

  private void every(Duration interval, String what, Runnable round) {
    var unused =
        timer
            .threads()
            .scheduleWithFixedDelay(
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
