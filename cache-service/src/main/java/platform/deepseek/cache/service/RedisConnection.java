package platform.deepseek.cache.service;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.RedisRole;
import java.util.Locale;
import java.util.Optional;

/** Redis as the configuration describes it: alone, watched by sentinels, or a cluster. */
final class RedisConnection {

  private static final int CONNECTIONS = 8;
  private static final int MOST_WAITING = 4_096;

  private RedisConnection() {}

  static Optional<Redis> open(Vertx vertx, CacheConfig config) {
    return config
        .redis()
        .hosts()
        .filter(hosts -> !hosts.isEmpty())
        .map(hosts -> open(vertx, config, hosts));
  }

  private static Redis open(Vertx vertx, CacheConfig config, Iterable<String> hosts) {
    RedisOptions options =
        new RedisOptions()
            .setType(type(config.redis().type()))
            .setMasterName(config.redis().masterName())
            .setRole(RedisRole.MASTER)
            .setMaxPoolSize(CONNECTIONS)
            .setMaxPoolWaiting(MOST_WAITING)
            .setMaxWaitingHandlers(MOST_WAITING);
    hosts.forEach(options::addConnectionString);
    config.redis().password().ifPresent(options::setPassword);
    return Redis.createClient(vertx, options);
  }

  private static RedisClientType type(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "standalone" -> RedisClientType.STANDALONE;
      case "sentinel" -> RedisClientType.SENTINEL;
      case "cluster" -> RedisClientType.CLUSTER;
      default ->
          throw new IllegalStateException(
              "deepseek.cache.redis.type is standalone, sentinel or cluster, not '%s'."
                  .formatted(name));
    };
  }
}
