package platform.deepseek.cache.crypto;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.ToLongFunction;
import org.jboss.logging.Logger;

/**
 * The data keys of tenants.
 *
 * <p>A data key is derived, not kept: HKDF of the master key and the tenant's seed, for a period of
 * {@link #PERIOD}, so keys rotate without anything being rewritten, and all replicas that know the
 * seed have the same ones. The seed is the only thing to be kept, and the only thing to be deleted:
 * without it nothing of the tenant can be read again, in whatever tier, backup or discarded disk it
 * lies. Derived keys alone would not do, they could be derived again; kept keys alone would need a
 * store that is never behind.
 *
 * <p>The seed lies, wrapped by the master key, in a shared store, where the first one that is
 * written wins, and in a local one, so that it outlives the shared one, Redis: a replica that finds
 * Redis empty puts its own back. Two seeds for one tenant, made while the replicas could not see
 * each other, cost entries, which are then unreadable, and never give a wrong one.
 */
public final class Keyring {

  /** A key seals for at most this long. */
  public static final Duration PERIOD = Duration.ofDays(7).minus(Duration.ofHours(1));

  private static final Logger LOG = Logger.getLogger(Keyring.class);
  private static final Duration BELIEVED = Duration.ofMinutes(1);
  private static final int MOST_TENANTS = 10_000;

  private final MasterKey master;
  private final DataKey wrapping;
  private final CryptoProfile profile;
  private final SeedStore local;
  private final Optional<SeedStore> shared;
  private final ToLongFunction<String> purgedMillis;
  private final Executor blocking;
  private final InstantSource clock;
  private final AsyncCache<String, Optional<TenantSeed>> seeds;
  private final Cache<Derived, DataKey> keys;

  private record Derived(String tenant, int seed, int period, CryptoProfile profile) {}

  /**
   * @param purgedMillis when a tenant was purged last: its seed has to be younger
   * @param blocking for the stores
   */
  public Keyring(
      MasterKey master,
      CryptoProfile profile,
      SeedStore local,
      Optional<SeedStore> shared,
      ToLongFunction<String> purgedMillis,
      Executor blocking,
      InstantSource clock) {
    this.master = master;
    this.wrapping = master.wrapping("dsk-cache/seed/v1");
    this.profile = profile;
    this.local = local;
    this.shared = shared;
    this.purgedMillis = purgedMillis;
    this.blocking = blocking;
    this.clock = clock;
    this.seeds =
        Caffeine.newBuilder()
            .maximumSize(MOST_TENANTS)
            .expireAfterWrite(BELIEVED)
            .executor(Runnable::run)
            .buildAsync();
    this.keys =
        Caffeine.newBuilder().maximumSize(2L * MOST_TENANTS).executor(Runnable::run).build();
  }

  /** The number of the period that a time is in. */
  public static int period(long millis) {
    return Math.toIntExact(millis / PERIOD.toMillis());
  }

  /** The key that seals now; empty while no seed can be had. */
  public CompletableFuture<Optional<DataKey>> sealing(String tenant) {
    return seed(tenant, true)
        .thenApply(seed -> seed.map(known -> key(tenant, known, period(clock.millis()), profile)));
  }

  /** The key of a period, for what was sealed then; empty where the tenant has no seed. */
  public CompletableFuture<Optional<DataKey>> key(
      String tenant, int period, CryptoProfile sealedWith) {
    return seed(tenant, false)
        .thenApply(seed -> seed.map(known -> key(tenant, known, period, sealedWith)));
  }

  private DataKey key(String tenant, TenantSeed seed, int period, CryptoProfile cipher) {
    return keys.get(
        new Derived(tenant, Arrays.hashCode(seed.bytes()), period, cipher),
        wanted -> derive(seed, wanted));
  }

  /**
   * Deletes the seed that a purged tenant had, everywhere within reach; what it sealed is gone with
   * it. One that was made since stays.
   */
  public void shred(String tenant) {
    drop(tenant);
    shred(local, tenant);
    shared.ifPresent(store -> shred(store, tenant));
  }

  /** The shared store lost its seeds: each is put back when it is needed next. */
  public void putBack() {
    seeds.synchronous().invalidateAll();
  }

  private void shred(SeedStore store, String tenant) {
    store
        .read(tenant)
        .filter(wrapped -> valid(tenant, wrapped).isEmpty())
        .ifPresent(wrapped -> store.forget(tenant, wrapped));
  }

  /** The tenant was purged, here or by another replica: what is known of its seed is old. */
  public void drop(String tenant) {
    seeds.synchronous().invalidate(tenant);
    keys.asMap().keySet().removeIf(derived -> derived.tenant().equals(tenant));
  }

  private CompletableFuture<Optional<TenantSeed>> seed(String tenant, boolean make) {
    CompletableFuture<Optional<TenantSeed>> known = seeds.getIfPresent(tenant);
    if (known == null) {
      known =
          seeds.get(
              tenant,
              (wanted, executor) ->
                  CompletableFuture.supplyAsync(() -> find(wanted, make), blocking));
      var unused =
          known.whenComplete(
              (seed, failure) -> {
                if (failure != null || seed.isEmpty()) {
                  seeds.synchronous().invalidate(tenant); // asked again next time
                }
              });
    }
    return known.thenApply(
        seed -> seed.filter(one -> one.createdMillis() > purgedMillis.applyAsLong(tenant)));
  }

  private Optional<TenantSeed> find(String tenant, boolean make) {
    try {
      Optional<TenantSeed> own = local.read(tenant).flatMap(bytes -> valid(tenant, bytes));
      if (own.isEmpty() && !make) {
        return shared.flatMap(store -> store.read(tenant)).flatMap(bytes -> valid(tenant, bytes));
      }
      if (shared.isEmpty()) {
        return own.isPresent() ? own : settle(local, tenant, fresh(tenant));
      }
      TenantSeed offered = own.orElseGet(() -> fresh(tenant));
      Optional<TenantSeed> settled = settle(shared.get(), tenant, offered);
      settled
          .filter(seed -> own.isEmpty() || !Arrays.equals(seed.bytes(), own.get().bytes()))
          .ifPresent(seed -> local.replace(tenant, seed.wrap(wrapping, tenant)));
      return settled;
    } catch (SeedStore.Unavailable e) {
      LOG.warnf("a tenant has no key for now: %s", e.getMessage());
      return keepOnlyLocal(tenant);
    }
  }

  /** While the shared store is away, a seed that is known already serves. */
  private Optional<TenantSeed> keepOnlyLocal(String tenant) {
    try {
      return local.read(tenant).flatMap(bytes -> valid(tenant, bytes));
    } catch (SeedStore.Unavailable e) {
      return Optional.empty();
    }
  }

  /** The first one that was kept wins; one that is damaged or purged does not count. */
  private Optional<TenantSeed> settle(SeedStore store, String tenant, TenantSeed offered) {
    byte[] wrapped = offered.wrap(wrapping, tenant);
    Optional<TenantSeed> kept = valid(tenant, store.keep(tenant, wrapped));
    if (kept.isPresent()) {
      return kept;
    }
    store.replace(tenant, wrapped);
    return valid(tenant, wrapped);
  }

  private TenantSeed fresh(String tenant) {
    return TenantSeed.fresh(Math.max(clock.millis(), purgedMillis.applyAsLong(tenant) + 1));
  }

  private Optional<TenantSeed> valid(String tenant, byte[] wrapped) {
    return TenantSeed.unwrap(wrapping, tenant, wrapped)
        .filter(seed -> seed.createdMillis() > purgedMillis.applyAsLong(tenant));
  }

  private DataKey derive(TenantSeed seed, Derived wanted) {
    String purpose =
        "dsk-cache/data/v1 %s %d %s"
            .formatted(wanted.profile().name(), wanted.period(), wanted.tenant());
    return new DataKey(
        wanted.profile(), master.derive(seed.bytes(), purpose, wanted.profile().keyBytes()));
  }
}
