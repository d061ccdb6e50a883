package platform.deepseek.cache.service;

import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.crypto.RedisSeeds;
import platform.deepseek.cache.crypto.SeedFolder;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.redis.RedisCalls;

/** What all the rest stands on: keys, purges, Redis, threads. */
@Singleton
final class Wiring {

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

  private Path folder(String name) {
    return config.dataFolder().resolve(name);
  }
}
