package platform.deepseek.cache.prefix;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.SealBroken;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.Digests;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Tier;

/**
 * Blocks of computed prefixes, on this machine's disk and in the object store. The engine names a
 * block by everything that it depends on, all tokens before it included, so there is nothing to
 * agree on: whoever computes a block may write it, twice does no harm, and there are no leases.
 */
public final class PrefixCache {

  private static final byte[] TAG = "dsk-prefix/v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final int MOST_ASKED_FOR_FAR = 64;

  /** The disk, with its guard. */
  public record Disk(RocksStore store, Tier tier) {}

  private final Optional<Disk> disk;
  private final Optional<Tier> objects;
  private final Keyring keyring;
  private final Purges purges;
  private final PrefixCounts counts;
  private final Duration life;
  private final Executor computing;
  private final InstantSource clock;

  /**
   * @param computing for sealing, which takes a millisecond for some megabytes
   */
  public PrefixCache(
      Optional<Disk> disk,
      Optional<Tier> objects,
      Keyring keyring,
      Purges purges,
      PrefixCounts counts,
      Duration life,
      Executor computing,
      InstantSource clock) {
    this.disk = disk;
    this.objects = objects;
    this.keyring = keyring;
    this.purges = purges;
    this.counts = counts;
    this.life = life;
    this.computing = computing;
    this.clock = clock;
  }

  /** How many blocks of a list, from its first on, are there without a gap, as far as is known. */
  public CompletableFuture<Integer> known(String tenant, List<CacheKey> names) {
    List<CacheKey> places = names.stream().map(name -> place(tenant, name)).toList();
    CompletableFuture<Integer> near =
        disk.map(one -> one.store().leading(places).exceptionally(failure -> 0))
            .orElseGet(() -> CompletableFuture.completedFuture(0));
    return objects.isEmpty() ? near : near.thenCompose(known -> further(places, known));
  }

  /** The next ones in the object store, asked for at once. */
  private CompletableFuture<Integer> further(List<CacheKey> places, int from) {
    int to = Math.min(places.size(), from + MOST_ASKED_FOR_FAR);
    List<CompletableFuture<Boolean>> there =
        places.subList(from, to).stream().map(objects.get()::has).toList();
    return CompletableFuture.allOf(there.toArray(CompletableFuture[]::new))
        .thenApply(
            all -> {
              int known = 0;
              while (known < there.size() && there.get(known).join()) {
                known++;
              }
              return from + known;
            });
  }

  public CompletableFuture<Optional<byte[]>> read(String tenant, CacheKey name) {
    CacheKey place = place(tenant, name);
    CompletableFuture<Optional<byte[]>> near =
        disk.map(one -> read(one.tier(), place, tenant, name))
            .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
    return near.thenCompose(
            found ->
                found.isPresent() || objects.isEmpty()
                    ? CompletableFuture.completedFuture(found)
                    : read(objects.get(), place, tenant, name))
        .thenApply(
            found -> {
              if (found.isPresent()) {
                counts.hits.increment();
                counts.bytesRead.add(found.get().length);
              } else {
                counts.misses.increment();
              }
              return found;
            });
  }

  private CompletableFuture<Optional<byte[]>> read(
      Tier tier, CacheKey place, String tenant, CacheKey name) {
    return tier.get(
            place,
            late -> {
              // It is asked for again when it is needed again.
            })
        .thenCompose(
            bytes ->
                bytes.isEmpty()
                    ? CompletableFuture.completedFuture(Optional.<byte[]>empty())
                    : open(tier, place, tenant, name, bytes.get()));
  }

  private CompletableFuture<Optional<byte[]>> open(
      Tier tier, CacheKey place, String tenant, CacheKey name, byte[] bytes) {
    Optional<SealedBlock> parsed = SealedBlock.parse(bytes);
    if (parsed.isEmpty()) {
      tier.damaged(place, "it is no block of version 1");
      return CompletableFuture.completedFuture(Optional.empty());
    }
    SealedBlock block = parsed.get();
    if (block.expiresMillis() <= clock.millis()
        || block.createdMillis() <= purges.tenantMillis(tenant)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return keyring
        .key(tenant, block.period(), block.profile())
        .thenApply(key -> key.flatMap(known -> open(tier, place, tenant, name, block, known)));
  }

  private Optional<byte[]> open(
      Tier tier, CacheKey place, String tenant, CacheKey name, SealedBlock block, DataKey key) {
    try {
      return Optional.of(block.open(tenant, name, key));
    } catch (SealBroken e) {
      tier.damaged(place, "its seal is broken, or it belongs elsewhere");
      return Optional.empty();
    }
  }

  /** False when it cannot be sealed for now. */
  public CompletableFuture<Boolean> write(String tenant, CacheKey name, byte[] block) {
    return keyring
        .sealing(tenant)
        .thenCompose(
            key -> {
              if (key.isEmpty() || disk.isEmpty() && objects.isEmpty()) {
                return CompletableFuture.completedFuture(false);
              }
              return CompletableFuture.supplyAsync(
                      () ->
                          SealedBlock.seal(
                              tenant,
                              name,
                              block,
                              clock.millis(),
                              clock.millis() + life.toMillis(),
                              key.get()),
                      computing)
                  .thenCompose(bytes -> keep(place(tenant, name), bytes))
                  .thenApply(
                      kept -> {
                        counts.writes.increment();
                        counts.bytesWritten.add(block.length);
                        return true;
                      });
            });
  }

  /** Done when the disk has it; the object store is written afterwards. */
  private CompletableFuture<Void> keep(CacheKey place, byte[] bytes) {
    CompletableFuture<Void> far =
        objects
            .map(tier -> tier.put(place, bytes, life))
            .orElseGet(() -> CompletableFuture.completedFuture(null));
    return disk.map(one -> one.tier().put(place, bytes, life)).orElse(far);
  }

  /** Where a tenant's block is: nobody finds another's by its name. */
  private static CacheKey place(String tenant, CacheKey name) {
    return CacheKey.of(Digests.sha256(TAG, name.bytes(), tenant.getBytes(StandardCharsets.UTF_8)));
  }
}
