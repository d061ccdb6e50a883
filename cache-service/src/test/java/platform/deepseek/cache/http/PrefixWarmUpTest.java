package platform.deepseek.cache.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.answer.Replica;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.crypto.PassingSeeds;
import platform.deepseek.cache.prefix.PrefixCache;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.RocksSettings;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Tier;

/** What a process does before it is asked for its first prefix. */
class PrefixWarmUpTest {

  private static final Duration LIFE = Duration.ofMinutes(1);

  @TempDir Path folder;

  @Test
  void blocksComeFromTheDiskAndAllOfThemWhole() {
    Vertx vertx = Vertx.vertx();
    try (RocksStore store =
        new RocksStore(new RocksSettings(folder, 1L << 30, LIFE, 1L << 30, false))) {
      PrefixCounts counts = new PrefixCounts();
      long bytes =
          new PrefixWarmUp(vertx, above(store, counts))
              .run()
              .toCompletionStage()
              .toCompletableFuture()
              .join();
      assertThat(counts.writes.sum()).isOne();
      assertThat(counts.misses.sum()).isZero();
      assertThat(counts.hits.sum()).isPositive().matches(hits -> hits % 32 == 0, "all of a list");
      assertThat(bytes).isEqualTo(counts.bytesRead.sum() + Integer.BYTES * counts.hits.sum());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private PrefixCache above(RocksStore store, PrefixCounts counts) {
    Keyring keyring =
        new Keyring(
            MasterKey.of(Replica.MASTER),
            CryptoProfile.STANDARD,
            new PassingSeeds(),
            Optional.empty(),
            tenant -> 0,
            Runnable::run,
            InstantSource.system());
    return new PrefixCache(
        Optional.of(
            new PrefixCache.Disk(
                store, new Tier("blocks", Level.L2, store, Duration.ofSeconds(10), LIFE))),
        Optional.empty(),
        keyring,
        new Purges(folder.resolve("purges"), LIFE, InstantSource.system()),
        counts,
        LIFE,
        ForkJoinPool.commonPool(),
        InstantSource.system());
  }
}
