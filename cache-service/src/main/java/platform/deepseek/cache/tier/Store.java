package platform.deepseek.cache.tier;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.key.CacheKey;

/** Keeps bytes by key. What it is asked may fail or never be answered: {@link Tier} bounds that. */
public interface Store extends AutoCloseable {

  CompletableFuture<Optional<byte[]>> get(CacheKey key);

  /**
   * @param life after which it may be forgotten; the store may forget it sooner
   */
  CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life);

  CompletableFuture<Void> remove(CacheKey key);

  /** Whether it is there, as far as can be told without reading it. */
  CompletableFuture<Boolean> has(CacheKey key);

  /** About how many bytes it keeps. */
  long bytes();

  @Override
  void close();
}
