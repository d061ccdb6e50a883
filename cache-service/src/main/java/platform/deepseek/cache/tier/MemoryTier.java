package platform.deepseek.cache.tier;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
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
  private record Kept(Address address, Entry entry) {
    int bytes() {
      return entry.json().length + OVERHEAD;
    }
  }

  /**
   * What one owner has here.
   *
   * @param oldestMillis when its oldest entry was computed
   */
  public record Holding(long entries, long bytes, long oldestMillis) {
    private Holding with(Holding other) {
      return new Holding(
          entries + other.entries, bytes + other.bytes, Math.min(oldestMillis, other.oldestMillis));
    }
  }

  private final TierCounts counts = new TierCounts();
  private final Cache<CacheKey, Kept> cache;

  /**
   * @param evicted told the owner of each entry that had to go for others
   */
  public MemoryTier(long mostBytes, Consumer<String> evicted) {
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(mostBytes)
            .<CacheKey, Kept>weigher((key, kept) -> kept.bytes())
            .executor(Runnable::run)
            .evictionListener(
                (key, kept, cause) -> {
                  counts.evictions.increment();
                  evicted.accept(kept.address().owner());
                })
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

  /** By owner; looks at every entry. */
  public Map<String, Holding> holdings() {
    Map<String, Holding> holdings = new HashMap<>();
    for (Kept kept : cache.asMap().values()) {
      holdings.merge(
          kept.address().owner(),
          new Holding(1, kept.bytes(), kept.entry().createdMillis()),
          Holding::with);
    }
    return holdings;
  }

  public TierCounts counts() {
    return counts;
  }

  public long bytes() {
    return cache.policy().eviction().map(Policy.Eviction::weightedSize).orElseThrow().orElse(0);
  }
}
