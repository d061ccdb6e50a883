package platform.deepseek.cache.purge;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.redis.RedisCalls;
import platform.deepseek.cache.redis.Script;

/**
 * Tells replicas of each other's purges through a hash in Redis. Each asks for one number again and
 * again; only when it moved are all purges read, and what Redis does not know is given back to it.
 */
public final class PurgeExchange {

  private static final String HASH = "dsk-cache:purges";
  private static final String REVISION = "revision";
  private static final Script MERGE = Script.named("purge");

  private final RedisCalls redis;
  private final Purges purges;
  private final Duration longestLife;
  private final InstantSource clock;
  private final Runnable redisIsEmpty;
  private volatile long seen = -1;
  private volatile Map<String, Long> told = Map.of();

  /**
   * @param redisIsEmpty called when Redis has lost what it knew, or never knew anything
   */
  public PurgeExchange(
      RedisCalls redis,
      Purges purges,
      Duration longestLife,
      InstantSource clock,
      Runnable redisIsEmpty) {
    this.redis = redis;
    this.purges = purges;
    this.longestLife = longestLife;
    this.clock = clock;
    this.redisIsEmpty = redisIsEmpty;
  }

  /** Fails while Redis is away: the next round does it all. */
  public CompletableFuture<Void> round() {
    return redis
        .send(Request.cmd(Command.HGET).arg(HASH).arg(REVISION))
        .thenCompose(
            revision -> {
              long now = revision == null ? 0 : revision.toLong();
              if (revision == null) {
                redisIsEmpty.run();
              }
              return now == seen && purges.known().equals(told) && now != 0
                  ? CompletableFuture.<Void>completedFuture(null)
                  : exchange();
            });
  }

  private CompletableFuture<Void> exchange() {
    return redis
        .send(Request.cmd(Command.HGETALL).arg(HASH))
        .thenAccept(all -> purges.learn(marks(all)))
        .thenCompose(
            learned -> {
              Map<String, Long> known = purges.known();
              List<String> arguments = new ArrayList<>();
              arguments.add(Long.toString(clock.millis() - longestLife.toMillis()));
              known.forEach(
                  (purge, millis) -> {
                    arguments.add(purge);
                    arguments.add(Long.toString(millis));
                  });
              return redis
                  .run(MERGE, HASH, arguments)
                  .thenAccept(
                      revision -> {
                        told = known;
                        seen = revision.toLong();
                      });
            });
  }

  private static Map<String, Long> marks(Response all) {
    Map<String, Long> marks = new HashMap<>();
    for (String name : all.getKeys()) {
      if (!name.equals(REVISION)) {
        marks.put(name, all.get(name).toLong());
      }
    }
    return marks;
  }
}
