package platform.deepseek.cache.service;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Collectors;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.answer.Rung;
import platform.deepseek.cache.answer.WritePolicy;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.metrics.Statistics;
import platform.deepseek.cache.prefix.PrefixCache;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.prefix.SealWarmUp;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.ObjectStore;
import platform.deepseek.cache.tier.RedisStore;
import platform.deepseek.cache.tier.RocksSettings;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Store;
import platform.deepseek.cache.tier.Tier;
import software.amazon.awssdk.services.s3.S3Client;

/** Where answers and blocks are kept. */
@Singleton
final class TierWiring {

  /** A block is some megabytes, and computing it again takes longer than this. */
  private static final Duration WRITE_PATIENCE = Duration.ofSeconds(5);

  private final CacheConfig config;

  TierWiring(CacheConfig config) {
    this.config = config;
  }

  @Produces
  @Singleton
  MemoryTier memory(AnswerCounts counts) {
    return new MemoryTier(config.memory().size().asLongValue(), counts::evicted);
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
  Rungs rungs(Wiring.Shared shared, ObjectClient objects, Wiring.BlockingWork work) {
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
  PrefixCounts prefixCounts() {
    return new PrefixCounts();
  }

  /** Blocks on disk, apart from answers: neither pushes the other out. */
  @Produces
  @Singleton
  Blocks blocks(ObjectClient objects, Wiring.BlockingWork work) {
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
      Blocks blocks,
      MasterKey master,
      Keyring keyring,
      Purges purges,
      PrefixCounts counts,
      InstantSource clock) {
    Thread.ofPlatform()
        .daemon()
        .name("seal-warm-up")
        .start(new SealWarmUp(master.wrapping("warm-up")));
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

  private Path folder(String name) {
    return config.dataFolder().resolve(name);
  }
}
