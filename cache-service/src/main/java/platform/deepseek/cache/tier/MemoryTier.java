package platform.deepseek.cache.tier;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import java.util.Optional;
import java.util.function.Predicate;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.entry.Entry;
import platform.deepseek.cache.key.CacheKey;

/** Opened entries in this process, by weight and recency (W-TinyLFU). */
public final class MemoryTier {

  private static final int OVERHEAD = 256;

  /**
   * @param address where it belongs
   */
  private record Kept(Address address, Entry entry) {}

  private final TierCounts counts = new TierCounts();
  private final Cache<CacheKey, Kept> cache;

  public MemoryTier(long mostBytes) {
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(mostBytes)
            .<CacheKey, Kept>weigher((key, kept) -> kept.entry().json().length + OVERHEAD)
            .executor(Runnable::run)
            .evictionListener((key, kept, cause) -> counts.evictions.increment())
            .build();
  }

  /** Only with the very owner and model that it was put with. */
  public Optional<Entry> get(Address address, long nowMillis) {
    Kept kept = cache.getIfPresent(address.key());
    if (kept == null || !kept.address().owner().equals(address.owner())) {
      counts.misses.increment();
      return Optional.empty();
    }
    if (kept.entry().expiresMillis() <= nowMillis) {
      cache.invalidate(address.key());
      counts.misses.increment();
      return Optional.empty();
    }
    counts.hits.increment();
    return Optional.of(kept.entry());
  }

  public void put(Address address, Entry entry) {
    counts.writes.increment();
    cache.put(address.key(), new Kept(address, entry));
  }

  public void remove(CacheKey key) {
    cache.invalidate(key);
  }

  public void removeIf(Predicate<Address> goes) {
    cache.asMap().values().removeIf(kept -> goes.test(kept.address()));
  }

  public TierCounts counts() {
    return counts;
  }

  public long bytes() {
    return cache.policy().eviction().map(Policy.Eviction::weightedSize).orElseThrow().orElse(0);
  }
}
