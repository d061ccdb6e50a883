package platform.deepseek.cache.service;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import platform.deepseek.cache.answer.Administration;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.answer.Ladder;
import platform.deepseek.cache.answer.Rung;
import platform.deepseek.cache.answer.WritePolicy;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.crypto.PassingSeeds;
import platform.deepseek.cache.http.AdministrationRoutes;
import platform.deepseek.cache.http.LeaseRoutes;
import platform.deepseek.cache.http.LookupRoute;
import platform.deepseek.cache.http.PrefixRoutes;
import platform.deepseek.cache.http.PrefixWarmUp;
import platform.deepseek.cache.http.Routes;
import platform.deepseek.cache.http.ServiceGuard;
import platform.deepseek.cache.http.StreamAppendRoute;
import platform.deepseek.cache.http.StreamReadRoute;
import platform.deepseek.cache.http.WarmUp;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.lease.LocalLeases;
import platform.deepseek.cache.metrics.CacheMetrics;
import platform.deepseek.cache.metrics.LookupTimer;
import platform.deepseek.cache.metrics.Statistics;
import platform.deepseek.cache.prefix.PrefixCache;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.stream.LocalRelay;
import platform.deepseek.cache.stream.Streams;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Tier;

/** What is heard and told: routes, statistics, metrics. */
@Singleton
final class HttpWiring {

  private static final Logger LOG = Logger.getLogger(HttpWiring.class);
  private static final long WARM_BYTES = 1 << 20;
  private static final Duration MOST_WARMING = Duration.ofSeconds(6);

  private final CacheConfig config;
  private final String profile;

  HttpWiring(CacheConfig config, @ConfigProperty(name = "deepseek.crypto.profile") String profile) {
    this.config = config;
    this.profile = profile;
  }

  @Produces
  @Singleton
  Statistics statistics(
      AnswerCounts counts,
      MemoryTier memory,
      TierWiring.Rungs rungs,
      PrefixCounts prefixes,
      InstantSource clock) {
    return new Statistics(counts, memory, rungs.byName(), prefixes, clock);
  }

  @Produces
  @Singleton
  CacheMetrics metrics(
      MeterRegistry registry,
      AnswerCounts counts,
      MemoryTier memory,
      TierWiring.Rungs rungs,
      PrefixCounts prefixes) {
    return new CacheMetrics(registry, counts, memory, rungs.byName(), prefixes);
  }

  /** Before the port opens: the first who asks is to find a way that was gone before. */
  void warm(
      @Observes StartupEvent event,
      Vertx vertx,
      TierWiring.Rungs rungs,
      Keyring keyring,
      Purges purges,
      MasterKey master,
      InstantSource clock) {
    MemoryTier memory = new MemoryTier(WARM_BYTES, evicted -> {});
    List<Rung> readOnly =
        rungs.list().stream().map(rung -> new Rung(rung.tier(), WritePolicy.NEVER)).toList();
    LocalLeases leases = new LocalLeases(config.lease(), System::nanoTime);
    AnswerCache cache =
        new AnswerCache(
            new Ladder(memory, readOnly, keyring, purges, clock),
            leases,
            new Streams(WARM_BYTES, leases, new LocalRelay()),
            config.longestLife(),
            config.usualLife(),
            new AnswerCounts(),
            Optional.empty(),
            clock);
    try {
      int hits =
          new WarmUp(vertx, cache, memory::put, master)
              .run()
              .toCompletionStage()
              .toCompletableFuture()
              .completeOnTimeout(0, MOST_WARMING.toMillis(), TimeUnit.MILLISECONDS)
              .join();
      LOG.debugf("%d lookups before the first one", hits);
    } catch (CompletionException e) {
      LOG.warnf(e.getCause(), "the first lookups will take longer than usual");
    }
  }

  /** Beside the requests: nobody asks for a prefix in a process' first second. */
  void warmPrefixes(
      @Observes StartupEvent event,
      Vertx vertx,
      TierWiring.Blocks blocks,
      Purges purges,
      MasterKey master,
      Wiring.BlockingWork work,
      InstantSource clock) {
    if (blocks.disk().isEmpty()) {
      return;
    }
    RocksStore store = blocks.disk().get().store();
    Tier uncounted =
        new Tier("warm-up", Level.L2, store, config.disk().blockPatience(), MOST_WARMING);
    Keyring keyring =
        new Keyring(
            master,
            CryptoProfile.of(profile),
            new PassingSeeds(),
            Optional.empty(),
            tenant -> 0,
            work,
            clock);
    PrefixCache cache =
        new PrefixCache(
            Optional.of(new PrefixCache.Disk(store, uncounted)),
            Optional.empty(),
            keyring,
            purges,
            new PrefixCounts(),
            MOST_WARMING,
            ForkJoinPool.commonPool(),
            clock);
    new PrefixWarmUp(vertx, cache)
        .run()
        .onSuccess(bytes -> LOG.debugf("%d bytes of blocks before the first one", bytes))
        .onFailure(failure -> LOG.warnf(failure, "the first prefixes will take longer than usual"));
  }

  void register(
      @Observes Router router,
      AnswerCache answers,
      Streams streams,
      Administration administration,
      Statistics statistics,
      PrefixCache prefixes,
      MasterKey master,
      Wiring.BlockingWork work,
      MeterRegistry registry) {
    LeaseToken tokens = new LeaseToken(master);
    LeaseRoutes leases = new LeaseRoutes(answers, tokens);
    new Routes(
            new ServiceGuard(config.serviceKey(), config.serviceLoopback()),
            new LookupRoute(answers, tokens, config.lease(), new LookupTimer(registry)),
            leases,
            new StreamAppendRoute(answers, streams, leases, config.lease()),
            new StreamReadRoute(streams),
            new PrefixRoutes(prefixes),
            new AdministrationRoutes(
                administration, statistics, work, 4 * config.purgePoll().toMillis()))
        .register(router);
  }
}
