package platform.deepseek.auth.service;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.RedisRole;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Redis as the configuration describes it: alone, watched by sentinels, or a cluster. */
final class RedisConnection {

  private static final int CONNECTIONS = 8;
  private static final int MOST_WAITING = 4_096;
  private static final int CONNECT_MILLIS = 2_000;
  private static final int SILENT_SECONDS = 5;

  private RedisConnection() {}

  /** Makes clients, each on the event loop that asks for it. */
  static Optional<Supplier<Redis>> clients(Vertx vertx, AuthConfig config) {
    return config
        .redisHosts()
        .filter(hosts -> !hosts.isEmpty())
        .map(hosts -> () -> open(vertx, config, hosts));
  }

  private static Redis open(Vertx vertx, AuthConfig config, Iterable<String> hosts) {
    RedisOptions options =
        new RedisOptions()
            .setType(type(config.redisType()))
            .setMasterName(config.redisMasterName())
            .setRole(RedisRole.MASTER)
            .setNetClientOptions(connections())
            .setMaxPoolSize(CONNECTIONS)
            .setMaxPoolWaiting(MOST_WAITING)
            .setMaxWaitingHandlers(MOST_WAITING);
    hosts.forEach(options::addConnectionString);
    config.redisPassword().ifPresent(options::setPassword);
    return Redis.createClient(vertx, options);
  }

  /**
   * One that says nothing any more is closed, not kept: its calls would wait for ever. The silence
   * counts from the last call too: one that comes after a quiet while has all of the time for its
   * answer. Where calls follow one another without waiting, the first that is not answered in its
   * own time gives the connection up ({@code RedisCounters}).
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
              "deepseek.auth.redis-type is standalone, sentinel or cluster, not '%s'."
                  .formatted(name));
    };
  }
}
