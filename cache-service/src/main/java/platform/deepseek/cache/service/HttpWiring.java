package platform.deepseek.cache.service;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import platform.deepseek.cache.answer.Administration;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.http.AdministrationRoutes;
import platform.deepseek.cache.http.LeaseRoutes;
import platform.deepseek.cache.http.LookupRoute;
import platform.deepseek.cache.http.PrefixRoutes;
import platform.deepseek.cache.http.Routes;
import platform.deepseek.cache.http.ServiceGuard;
import platform.deepseek.cache.http.StreamAppendRoute;
import platform.deepseek.cache.http.StreamReadRoute;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.metrics.CacheMetrics;
import platform.deepseek.cache.metrics.LookupTimer;
import platform.deepseek.cache.metrics.Statistics;
import platform.deepseek.cache.prefix.PrefixCache;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.stream.Streams;
import platform.deepseek.cache.tier.MemoryTier;

/** What is heard and told: routes, statistics, metrics. */
@Singleton
final class HttpWiring {

  private final CacheConfig config;

  HttpWiring(CacheConfig config) {
    this.config = config;
  }

  @Produces
  @Singleton
  Statistics statistics(
      AnswerCounts counts, MemoryTier memory, TierWiring.Rungs rungs, PrefixCounts prefixes, InstantSource clock) {
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
