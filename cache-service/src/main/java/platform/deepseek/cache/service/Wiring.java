package platform.deepseek.cache.service;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import platform.deepseek.cache.answer.Administration;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.answer.Ladder;
import platform.deepseek.cache.answer.Rung;
import platform.deepseek.cache.answer.WritePolicy;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.crypto.SeedFolder;
import platform.deepseek.cache.http.AdministrationRoutes;
import platform.deepseek.cache.http.LeaseRoutes;
import platform.deepseek.cache.http.LookupRoute;
import platform.deepseek.cache.http.Routes;
import platform.deepseek.cache.http.ServiceGuard;
import platform.deepseek.cache.http.StreamAppendRoute;
import platform.deepseek.cache.http.StreamReadRoute;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.LocalLeases;
import platform.deepseek.cache.metrics.LookupTimer;
import platform.deepseek.cache.metrics.Statistics;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.stream.Relay;
import platform.deepseek.cache.stream.Streams;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.RocksSettings;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Tier;

/** Makes every part once, out of the configuration and of the parts below it. */
@Singleton
final class Wiring {

  private static final Duration DISK_WRITE_PATIENCE = Duration.ofSeconds(5);

  private final CacheConfig config;
  private final CryptoProfile profile;

  Wiring(
      CacheConfig config, @ConfigProperty(name = "deepseek.crypto.profile") String profile) {
    this.config = config;
    this.profile = CryptoProfile.of(profile);
  }

  @Produces
  @Singleton
  InstantSource clock() {
    return InstantSource.system();
  }

  /** For what blocks: each piece of work has a virtual thread of its own. */
  @Produces
  @Singleton
  BlockingWork blockingWork() {
    return work -> Thread.ofVirtual().name("blocking").start(work);
  }

  /** A name of its own keeps it apart from the executors that Quarkus has. */
  interface BlockingWork extends Executor {}

  @Produces
  @Singleton
  MasterKey masterKey() {
    return config
        .masterKey()
        .map(MasterKey::of)
        .orElseGet(() -> MasterKey.in(folder("master-key")));
  }

  @Produces
  @Singleton
  Purges purges(InstantSource clock) {
    return new Purges(folder("purges"), config.longestLife(), clock);
  }

  @Produces
  @Singleton
  Keyring keyring(MasterKey master, Purges purges, BlockingWork work, InstantSource clock) {
    return new Keyring(
        master,
        profile,
        new SeedFolder(folder("seeds")),
        Optional.empty(),
        purges::tenantMillis,
        work,
        clock);
  }

  @Produces
  @Singleton
  MemoryTier memory() {
    return new MemoryTier(config.memory().size().asLongValue());
  }

  @Produces
  @Singleton
  Rungs rungs() {
    List<Rung> rungs = new ArrayList<>();
    if (config.disk().enabled()) {
      rungs.add(
          new Rung(
              new Tier(
                  Statistics.ROCKSDB,
                  Level.L2,
                  new RocksStore(
                      new RocksSettings(
                          folder("answers"),
                          config.disk().answers().asLongValue(),
                          config.longestLife(),
                          config.disk().writeRate().asLongValue(),
                          true)),
                  config.disk().patience(),
                  DISK_WRITE_PATIENCE),
              WritePolicy.of(config.disk().write())));
    }
    return new Rungs(rungs);
  }

  /** The tiers below memory, from the fastest down. */
  record Rungs(List<Rung> list) {}

  @Produces
  @Singleton
  Ladder ladder(
      MemoryTier memory, Rungs rungs, Keyring keyring, Purges purges, InstantSource clock) {
    return new Ladder(memory, rungs.list(), keyring, purges, clock);
  }

  @Produces
  @Singleton
  Leases leases() {
    return new LocalLeases(config.lease(), System::nanoTime);
  }

  @Produces
  @Singleton
  Streams streams() {
    return new Streams(config.streamSize().asLongValue(), Relay.NONE);
  }

  @Produces
  @Singleton
  AnswerCounts answerCounts() {
    return new AnswerCounts();
  }

  @Produces
  @Singleton
  AnswerCache answers(
      Ladder ladder, Leases leases, Streams streams, AnswerCounts counts, InstantSource clock) {
    return new AnswerCache(
        ladder, leases, streams, config.longestLife(), config.usualLife(), counts, clock);
  }

  @Produces
  @Singleton
  Administration administration(
      Purges purges,
      Keyring keyring,
      MemoryTier memory,
      Ladder ladder,
      AnswerCounts counts,
      BlockingWork work) {
    return new Administration(purges, keyring, memory, ladder, counts, work);
  }

  @Produces
  @Singleton
  PrefixCounts prefixCounts() {
    return new PrefixCounts();
  }

  @Produces
  @Singleton
  Statistics statistics(
      AnswerCounts counts, MemoryTier memory, Rungs rungs, PrefixCounts prefixes) {
    return new Statistics(
        counts,
        memory,
        rungs.list().stream().map(Rung::tier).collect(Collectors.toMap(Tier::name, one -> one)),
        prefixes);
  }

  void register(
      @Observes Router router,
      AnswerCache answers,
      Streams streams,
      Administration administration,
      Statistics statistics,
      MasterKey master,
      BlockingWork work,
      MeterRegistry registry) {
    LeaseToken tokens = new LeaseToken(master);
    LeaseRoutes leases = new LeaseRoutes(answers, tokens);
    new Routes(
            new ServiceGuard(config.serviceKey(), config.serviceLoopback()),
            new LookupRoute(answers, tokens, config.lease(), new LookupTimer(registry)),
            leases,
            new StreamAppendRoute(answers, streams, leases, config.lease()),
            new StreamReadRoute(streams),
            new AdministrationRoutes(
                administration, statistics, work, 4 * config.purgePoll().toMillis()))
        .register(router);
  }

  private Path folder(String name) {
    return config.dataFolder().resolve(name);
  }
}
