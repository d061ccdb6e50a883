package platform.deepseek.cache.crypto;

import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import platform.deepseek.cache.redis.RedisCalls;

/** Seeds in Redis, where all replicas find the same one. */
public final class RedisSeeds implements SeedStore {

  private static final String PREFIX = "dsk-cache:seed:";

  private final RedisCalls redis;

  public RedisSeeds(RedisCalls redis) {
    this.redis = redis;
  }

  @Override
  public Optional<byte[]> read(String tenant) {
    return Optional.ofNullable(ask(Request.cmd(Command.GET).arg(PREFIX + tenant)))
        .map(Response::toBytes);
  }

  @Override
  public byte[] keep(String tenant, byte[] wrapped) {
    Response set =
        ask(Request.cmd(Command.SET).arg(PREFIX + tenant).arg(Buffer.buffer(wrapped)).arg("NX"));
    return set != null ? wrapped : read(tenant).orElse(wrapped);
  }

  @Override
  public void replace(String tenant, byte[] wrapped) {
    ask(Request.cmd(Command.SET).arg(PREFIX + tenant).arg(Buffer.buffer(wrapped)));
  }

  @Override
  public void forget(String tenant, byte[] wrapped) {
    if (read(tenant).filter(kept -> Arrays.equals(kept, wrapped)).isPresent()) {
      ask(Request.cmd(Command.DEL).arg(PREFIX + tenant));
    }
  }

  private Response ask(Request request) {
    try {
      return redis.send(request).join();
    } catch (CompletionException e) {
      throw new Unavailable("Redis has no seed to give: " + e.getCause().getMessage(), e);
    }
  }
}
