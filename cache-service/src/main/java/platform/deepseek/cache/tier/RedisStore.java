package platform.deepseek.cache.tier;

import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.redis.RedisCalls;

/** Redis: each entry under a key of its own, which expires by itself. */
public final class RedisStore implements Store {

  private static final String PREFIX = "dsk-cache:e:";

  private final RedisCalls redis;

  public RedisStore(RedisCalls redis) {
    this.redis = redis;
  }

  @Override
  public CompletableFuture<Optional<byte[]>> get(CacheKey key) {
    return redis
        .send(Request.cmd(Command.GET).arg(PREFIX + key))
        .thenApply(response -> Optional.ofNullable(response).map(bytes -> bytes.toBytes()));
  }

  @Override
  public CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life) {
    return redis
        .send(
            Request.cmd(Command.SET)
                .arg(PREFIX + key)
                .arg(Buffer.buffer(value))
                .arg("PX")
                .arg(life.toMillis()))
        .thenApply(response -> null);
  }

  @Override
  public CompletableFuture<Void> remove(CacheKey key) {
    return redis.send(Request.cmd(Command.DEL).arg(PREFIX + key)).thenApply(response -> null);
  }

  @Override
  public CompletableFuture<Boolean> has(CacheKey key) {
    return redis
        .send(Request.cmd(Command.EXISTS).arg(PREFIX + key))
        .thenApply(response -> response.toInteger() == 1);
  }

  /** Redis is shared: what of it is ours is not counted here. */
  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public void close() {
    // The connection belongs to whoever made it.
  }
}
