package platform.deepseek.cache.service;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledExecutorService;
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
import platform.deepseek.cache.crypto.RedisSeeds;
import platform.deepseek.cache.crypto.SeedFolder;
import platform.deepseek.cache.http.AdministrationRoutes;
import platform.deepseek.cache.http.LeaseRoutes;
import platform.deepseek.cache.http.LookupRoute;
import platform.deepseek.cache.http.PrefixRoutes;
import platform.deepseek.cache.http.Routes;
import platform.deepseek.cache.http.ServiceGuard;
import platform.deepseek.cache.http.StreamAppendRoute;
import platform.deepseek.cache.http.StreamReadRoute;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.LocalLeases;
import platform.deepseek.cache.lease.RedisLeases;
import platform.deepseek.cache.metrics.CacheMetrics;
import platform.deepseek.cache.metrics.LookupTimer;
import platform.deepseek.cache.metrics.Statistics;
import platform.deepseek.cache.prefix.PrefixCache;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.redis.RedisCalls;
import platform.deepseek.cache.stream.LocalRelay;
import platform.deepseek.cache.stream.RedisRelay;
import platform.deepseek.cache.stream.Relay;
import platform.deepseek.cache.stream.Streams;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.ObjectStore;
import platform.deepseek.cache.tier.RedisStore;
import platform.deepseek.cache.tier.RocksSettings;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Store;
import platform.deepseek.cache.tier.Tier;
import software.amazon.awssdk.services.s3.S3Client;

/** Makes every part once, out of the configuration and of the parts below it. */
@Singleton
final class Wiring {

  /** A block is some megabytes, and computing it again takes longer than this. */
  private static final Duration WRITE_PATIENCE = Duration.ofSeconds(5);

  private final CacheConfig config;
  private final CryptoProfile profile;

  Wiring(CacheConfig config, @ConfigProperty(name = "deepseek.crypto.profile") String profile) {
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

  /** For rounds and for what is tried again. */
  @Produces
  @Singleton
  Timer timer() {
    return new Timer(
        Executors.newScheduledThreadPool(
            2, Thread.ofPlatform().name("rounds-", 0).daemon().factory()));
  }

  /** A name of its own keeps it apart from the executors that Quarkus has. */
  record Timer(ScheduledExecutorService threads) {}

  @Produces
  @Singleton
  Shared shared(Vertx vertx) {
    return new Shared(
        RedisConnection.open(vertx, config)
            .map(redis -> new RedisCalls(redis, config.redis().patience())));
  }

  /** Redis, where there is one. */
  record Shared(Optional<RedisCalls> redis) {}

  @Produces
  @Singleton
  Keyring keyring(
      MasterKey master, Purges purges, Shared shared, BlockingWork work, InstantSource clock) {
    return new Keyring(
        master,
        profile,
        new SeedFolder(folder("seeds")),
        shared.redis().map(RedisSeeds::new),
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
  ObjectClient objects() {
    return new ObjectClient(
        config.objects().bucket().map(bucket -> ObjectStoreConnection.open(config.objects())));
  }

  /** The object store, where there is one. */
  record ObjectClient(Optional<S3Client> s3) {}

  @Produces
  @Singleton
  Rungs rungs(Shared shared, ObjectClient objects, BlockingWork work) {
    List<Rung> rungs = new ArrayList<>();
    shared
        .redis()
        .ifPresent(
            redis ->
                rungs.add(
                    rung(
                        Statistics.REDIS,
                        Level.L1,
                        new RedisStore(redis),
                        config.redis().patience(),
                        config.redis().write())));
    if (config.disk().enabled()) {
      rungs.add(
          rung(
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
              config.disk().write()));
    }
    objects
        .s3()
        .ifPresent(
            s3 ->
                rungs.add(
                    rung(
                        Statistics.OBJECTS,
                        Level.L3,
                        new ObjectStore(
                            s3, config.objects().bucket().orElseThrow(), "answers", work),
                        config.objects().patience(),
                        config.objects().write())));
    return new Rungs(rungs);
  }

  private static Rung rung(String name, Level level, Store store, Duration patience, String write) {
    return new Rung(new Tier(name, level, store, patience, WRITE_PATIENCE), WritePolicy.of(write));
  }

  /** The tiers below memory, from the fastest down. */
  record Rungs(List<Rung> list) {

    Map<String, Tier> byName() {
      return list.stream().map(Rung::tier).collect(Collectors.toMap(Tier::name, one -> one));
    }
  }

  @Produces
  @Singleton
  Ladder ladder(
      MemoryTier memory, Rungs rungs, Keyring keyring, Purges purges, InstantSource clock) {
    return new Ladder(memory, rungs.list(), keyring, purges, clock);
  }

  @Produces
  @Singleton
  Leases leases(Shared shared) {
    LocalLeases local = new LocalLeases(config.lease(), System::nanoTime);
    return shared
        .redis()
        .<Leases>map(redis -> new RedisLeases(redis, local, config.lease()))
        .orElse(local);
  }

  @Produces
  @Singleton
  Streams streams(Leases leases, Shared shared, MasterKey master, Timer timer) {
    long size = config.streamSize().asLongValue();
    Relay relay =
        shared
            .redis()
            .<Relay>map(redis -> new RedisRelay(redis, leases, master, timer.threads(), size))
            .orElseGet(LocalRelay::new);
    return new Streams(size, leases, relay);
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

  /** Blocks on disk, apart from answers: neither pushes the other out. */
  @Produces
  @Singleton
  Blocks blocks(ObjectClient objects, BlockingWork work) {
    Optional<PrefixCache.Disk> disk = Optional.empty();
    if (config.disk().enabled()) {
      RocksStore store =
          new RocksStore(
              new RocksSettings(
                  folder("prefixes"),
                  config.disk().prefixes().asLongValue(),
                  config.longestLife(),
                  config.disk().writeRate().asLongValue(),
                  false));
      disk =
          Optional.of(
              new PrefixCache.Disk(
                  store,
                  new Tier(
                      "prefixes", Level.L2, store, config.disk().blockPatience(), WRITE_PATIENCE)));
    }
    return new Blocks(
        disk,
        objects
            .s3()
            .map(
                s3 ->
                    new Tier(
                        "prefix-objects",
                        Level.L3,
                        new ObjectStore(
                            s3, config.objects().bucket().orElseThrow(), "prefixes", work),
                        config.disk().blockPatience(),
                        WRITE_PATIENCE)));
  }

  /** Where blocks are kept. */
  record Blocks(Optional<PrefixCache.Disk> disk, Optional<Tier> objects) {}

  @Produces
  @Singleton
  PrefixCache prefixes(
      Blocks blocks, Keyring keyring, Purges purges, PrefixCounts counts, InstantSource clock) {
    return new PrefixCache(
        blocks.disk(),
        blocks.objects(),
        keyring,
        purges,
        counts,
        config.longestLife(),
        ForkJoinPool.commonPool(),
        clock);
  }

  @Produces
  @Singleton
  Statistics statistics(
      AnswerCounts counts, MemoryTier memory, Rungs rungs, PrefixCounts prefixes) {
    return new Statistics(counts, memory, rungs.byName(), prefixes);
  }

  @Produces
  @Singleton
  CacheMetrics metrics(
      MeterRegistry registry,
      AnswerCounts counts,
      MemoryTier memory,
      Rungs rungs,
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
            new PrefixRoutes(prefixes),
            new AdministrationRoutes(
                administration, statistics, work, 4 * config.purgePoll().toMillis()))
        .register(router);
  }

  private Path folder(String name) {
    return config.dataFolder().resolve(name);
  }
}
