package platform.deepseek.cache.lease;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.redis.RedisCalls;
import platform.deepseek.cache.redis.Script;

/**
 * Leases that all replicas share. Each question is one script, so between looking and taking nobody
 * else comes. Fences are microseconds of Redis's clock, or one more than the last: they grow even
 * over a Redis that lost everything.
 *
 * <p>While Redis is away each replica leads for itself: an answer may be computed once by each, and
 * none is wrong. What Redis granted before goes on by the copy that is kept here.
 */
public final class RedisLeases implements Leases {

  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final Script ACQUIRE = Script.named("acquire");
  private static final Script RENEW = Script.named("renew");
  private static final Script RELEASE = Script.named("release");
  private static final Script HELD = Script.named("held");

  private final RedisCalls redis;
  private final LocalLeases local;
  private final String life;
  private final String kept;

  /**
   * @param local takes over while Redis is away
   */
  public RedisLeases(RedisCalls redis, LocalLeases local, Duration life) {
    this.redis = redis;
    this.local = local;
    this.life = Long.toString(life.toMillis());
    this.kept = Long.toString(Math.max(KEPT.toMillis(), 2 * life.toMillis()));
  }

  @Override
  public CompletableFuture<Turn> acquire(CacheKey key) {
    return redis
        .run(ACQUIRE, name(key), List.of(life, kept))
        .thenApply(
            response -> {
              long fence = response.get(1).toLong();
              if (response.get(0).toInteger() == 0) {
                return (Turn) new Turn.Theirs(fence);
              }
              local.adopt(key, fence);
              return new Turn.Yours(fence);
            })
        .exceptionallyCompose(failure -> local.acquire(key));
  }

  @Override
  public CompletableFuture<Boolean> renew(CacheKey key, long fence) {
    return redis
        .run(RENEW, name(key), List.of(life, kept, Long.toString(fence)))
        .thenApply(
            response -> {
              boolean held = response.toInteger() == 1;
              if (held) {
                local.adopt(key, fence);
              }
              return held;
            })
        .exceptionallyCompose(failure -> local.renew(key, fence));
  }

  @Override
  public CompletableFuture<Boolean> isHeld(CacheKey key, long fence) {
    return redis
        .run(HELD, name(key), List.of(Long.toString(fence), life))
        .thenCompose(
            response ->
                response.toInteger() == 2
                    ? local.isHeld(key, fence)
                    : CompletableFuture.completedFuture(response.toInteger() == 1))
        .exceptionallyCompose(failure -> local.isHeld(key, fence));
  }

  @Override
  public CompletableFuture<Boolean> release(CacheKey key, long fence) {
    CompletableFuture<Boolean> here = local.release(key, fence);
    return redis
        .run(RELEASE, name(key), List.of(kept, Long.toString(fence)))
        .thenApply(response -> response.toInteger() == 1)
        .exceptionallyCompose(failure -> here);
  }

  private static String name(CacheKey key) {
    return "dsk-cache:l:" + key;
  }
}
