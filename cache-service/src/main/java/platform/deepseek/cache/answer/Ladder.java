package platform.deepseek.cache.answer;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.entry.DamagedEntry;
import platform.deepseek.cache.entry.Entry;
import platform.deepseek.cache.entry.SealedEntry;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.Tier;
import platform.deepseek.cache.tier.TierCounts;

/**
 * All tiers as one: memory first, then down, and what a lower one had goes up. Below memory
 * everything is sealed, and what does not open with the key of its owner, at its own place, is
 * dropped there and is a miss.
 */
public final class Ladder {

  /**
   * @param level that had it
   */
  record Found(Level level, Entry entry) {}

  private final MemoryTier memory;
  private final List<Rung> rungs;
  private final Keyring keyring;
  private final Purges purges;
  private final InstantSource clock;
  private final Map<CacheKey, CompletableFuture<Optional<Found>>> loading =
      new ConcurrentHashMap<>();

  /**
   * @param rungs from the fastest down
   */
  public Ladder(
      MemoryTier memory, List<Rung> rungs, Keyring keyring, Purges purges, InstantSource clock) {
    this.memory = memory;
    this.rungs = List.copyOf(rungs);
    this.keyring = keyring;
    this.purges = purges;
    this.clock = clock;
  }

  /** From memory alone. */
  Optional<Found> near(Address address) {
    return memory
        .get(address, clock.millis())
        .filter(entry -> stands(address, entry))
        .map(entry -> found(Level.L1, memory.counts(), entry));
  }

  /** From all tiers; those who ask for the same at once share one search. */
  CompletableFuture<Optional<Found>> find(Address address) {
    Optional<Found> near = near(address);
    if (near.isPresent() || rungs.isEmpty()) {
      return CompletableFuture.completedFuture(near);
    }
    CompletableFuture<Optional<Found>> mine = new CompletableFuture<>();
    CompletableFuture<Optional<Found>> first = loading.putIfAbsent(address.key(), mine);
    if (first != null) {
      return first;
    }
    var unused =
        search(address, 0)
            .whenComplete(
                (found, failure) -> {
                  loading.remove(address.key(), mine);
                  mine.complete(failure == null ? found : Optional.empty());
                });
    return mine;
  }

  /** From the tiers that replicas share and that are asked in a moment. */
  CompletableFuture<Optional<Found>> findAgain(Address address) {
    Optional<Found> near = near(address);
    if (near.isPresent() || rungs.isEmpty() || rungs.getFirst().tier().level() != Level.L1) {
      return CompletableFuture.completedFuture(near);
    }
    return read(address, 0);
  }

  /**
   * Keeps an answer. Done when all who ask from now on, here and on other replicas, will find it;
   * the slower tiers are written afterwards.
   */
  CompletableFuture<Void> keep(Address address, Entry entry) {
    memory.put(address, entry);
    return keyring
        .sealing(address.owner())
        .thenCompose(
            key ->
                key.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : writeAll(address, entry, SealedEntry.seal(address, entry, key.get())));
  }

  private CompletableFuture<Void> writeAll(Address address, Entry entry, byte[] sealed) {
    Duration life = life(entry);
    List<CompletableFuture<Void>> waitedFor = new ArrayList<>();
    for (Rung rung : rungs) {
      if (rung.policy() == WritePolicy.ALWAYS) {
        CompletableFuture<Void> written = rung.tier().put(address.key(), sealed, life);
        if (rung.tier().level() == Level.L1) {
          waitedFor.add(written);
        }
      }
    }
    return CompletableFuture.allOf(waitedFor.toArray(CompletableFuture[]::new));
  }

  void remove(CacheKey key) {
    memory.remove(key);
    for (Rung rung : rungs) {
      var unused = rung.tier().remove(key);
    }
  }

  private CompletableFuture<Optional<Found>> search(Address address, int from) {
    if (from == rungs.size()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return read(address, from)
        .thenCompose(
            found ->
                found.isPresent()
                    ? CompletableFuture.completedFuture(found)
                    : search(address, from + 1));
  }

  private CompletableFuture<Optional<Found>> read(Address address, int at) {
    Tier tier = rungs.get(at).tier();
    return tier.get(
            address.key(),
            late -> {
              var unused = open(address, at, late); // for those who ask next
            })
        .thenCompose(
            bytes ->
                bytes.isEmpty()
                    ? CompletableFuture.completedFuture(Optional.<Found>empty())
                    : open(address, at, bytes.get()));
  }

  private CompletableFuture<Optional<Found>> open(Address address, int at, byte[] bytes) {
    Tier tier = rungs.get(at).tier();
    SealedEntry sealed;
    try {
      sealed = SealedEntry.parse(bytes);
    } catch (DamagedEntry e) {
      tier.damaged(address.key(), e.getMessage());
      return CompletableFuture.completedFuture(Optional.empty());
    }
    if (sealed.isExpired(clock.millis())) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return keyring
        .key(address.owner(), sealed.period(), sealed.profile())
        .thenApply(key -> key.flatMap(known -> open(address, at, sealed, bytes, known)));
  }

  private Optional<Found> open(
      Address address, int at, SealedEntry sealed, byte[] bytes, DataKey key) {
    Tier tier = rungs.get(at).tier();
    Entry entry;
    try {
      entry = sealed.open(address, key);
    } catch (DamagedEntry e) {
      tier.damaged(address.key(), e.getMessage());
      return Optional.empty();
    }
    if (!stands(address, entry)) {
      return Optional.empty();
    }
    Found found = found(tier.level(), tier.counts(), entry);
    memory.put(address, entry);
    for (Rung above : rungs.subList(0, at)) {
      if (above.policy() != WritePolicy.NEVER) {
        var unused = above.tier().put(address.key(), bytes, life(entry));
      }
    }
    return Optional.of(found);
  }

  private Found found(Level level, TierCounts counts, Entry entry) {
    counts.found(clock.millis() - entry.createdMillis(), entry.computeMillis());
    return new Found(level, entry);
  }

  private boolean stands(Address address, Entry entry) {
    return purges.stands(address.key(), address.owner(), address.weights(), entry.createdMillis());
  }

  private Duration life(Entry entry) {
    return Duration.ofMillis(Math.max(1, entry.expiresMillis() - clock.millis()));
  }
}
