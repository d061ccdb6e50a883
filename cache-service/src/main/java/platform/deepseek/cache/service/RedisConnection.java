package platform.deepseek.cache.service;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.RedisRole;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Redis as the configuration describes it: alone, watched by sentinels, or a cluster. */
final class RedisConnection {

  private static final int CONNECTIONS = 8;
  private static final int MOST_WAITING = 4_096;
  private static final int CONNECT_MILLIS = 2_000;
  private static final int SILENT_SECONDS = 5;

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
            .setNetClientOptions(connections())
            .setMaxPoolSize(CONNECTIONS)
            .setMaxPoolWaiting(MOST_WAITING)
            .setMaxWaitingHandlers(MOST_WAITING);
    hosts.forEach(options::addConnectionString);
    config.redis().password().ifPresent(options::setPassword);
    return Redis.createClient(vertx, options);
  }

  /**
   * One that says nothing any more is closed, not kept: its calls would wait for ever. The silence
   * counts from the last call too, which has a connection for itself: a call that comes after a
   * quiet while has all of the time for its answer.
   */
  private static NetClientOptions connections() {
    return new NetClientOptions()
        .setTcpKeepAlive(true)
        .setTcpNoDelay(true)
        .setConnectTimeout(CONNECT_MILLIS)
        .setIdleTimeoutUnit(TimeUnit.SECONDS)
        .setIdleTimeout(SILENT_SECONDS);
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
