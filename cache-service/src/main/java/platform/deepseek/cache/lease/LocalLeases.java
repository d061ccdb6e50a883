package platform.deepseek.cache.lease;

import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import platform.deepseek.cache.key.CacheKey;

/** Leases of one process. */
public final class LocalLeases implements Leases {

  private static final int SWEEP_EVERY = 1_024;

  /**
   * @param until nanoseconds of the clock after which it is anybody's
   */
  private record Held(long fence, long until) {}

  private final long nanos;
  private final LongSupplier nanoTime;
  private final Map<CacheKey, Held> held = new ConcurrentHashMap<>();

  private final AtomicLong grants = new AtomicLong();

  /** Begins with the time, so that leases of the process before this one are never these. */
  private final AtomicLong fences = new AtomicLong(System.currentTimeMillis() * 1_000);

  public LocalLeases(Duration life, LongSupplier nanoTime) {
    this.nanos = life.toNanos();
    this.nanoTime = nanoTime;
  }

  @Override
  public CompletableFuture<Turn> acquire(CacheKey key) {
    return CompletableFuture.completedFuture(take(key));
  }

  private Turn take(CacheKey key) {
    long now = nanoTime.getAsLong();
    long fence = fences.incrementAndGet();
    sweepNowAndThen(now);
    Held mine = new Held(fence, now + nanos);
    Held kept = held.compute(key, (k, old) -> old == null || old.until() - now <= 0 ? mine : old);
    return kept == mine ? new Turn.Yours(fence) : new Turn.Theirs(kept.fence());
  }

  /** Another place granted it; here it is remembered. */
  void adopt(CacheKey key, long fence) {
    long now = nanoTime.getAsLong();
    sweepNowAndThen(now);
    held.put(key, new Held(fence, now + nanos));
  }

  /** How many are remembered, some of them over. */
  int size() {
    return held.size();
  }

  @Override
  public CompletableFuture<Boolean> renew(CacheKey key, long fence) {
    long until = nanoTime.getAsLong() + nanos;
    Held kept =
        held.computeIfPresent(key, (k, old) -> old.fence() == fence ? new Held(fence, until) : old);
    return CompletableFuture.completedFuture(kept != null && kept.fence() == fence);
  }

  @Override
  public CompletableFuture<Boolean> isHeld(CacheKey key, long fence) {
    Held now = held.get(key);
    return CompletableFuture.completedFuture(
        now != null && now.fence() == fence && now.until() - nanoTime.getAsLong() > 0);
  }

  @Override
  public CompletableFuture<Boolean> release(CacheKey key, long fence) {
    boolean[] was = {false};
    held.computeIfPresent(
        key,
        (k, old) -> {
          was[0] = old.fence() == fence;
          return was[0] ? null : old;
        });
    return CompletableFuture.completedFuture(was[0]);
  }

  private void sweepNowAndThen(long now) {
    if (grants.incrementAndGet() % SWEEP_EVERY == 0) {
      sweep(now);
    }
  }

  private void sweep(long now) {
    for (Iterator<Held> it = held.values().iterator(); it.hasNext(); ) {
      if (it.next().until() - now < -nanos) { // an owner that is merely late may still come back
        it.remove();
      }
    }
  }
}
