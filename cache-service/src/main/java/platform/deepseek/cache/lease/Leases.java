package platform.deepseek.cache.lease;

import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.key.CacheKey;

/** One lease per key. */
public interface Leases {

  CompletableFuture<Turn> acquire(CacheKey key);

  /** Prolongs it; false when another one was given since, or it was given back. */
  CompletableFuture<Boolean> renew(CacheKey key, long fence);

  /** Whether it still is held. */
  CompletableFuture<Boolean> isHeld(CacheKey key, long fence);

  /** Gives it back; false when it was not held any more. */
  CompletableFuture<Boolean> release(CacheKey key, long fence);
}
