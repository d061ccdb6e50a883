package platform.deepseek.cache.redis;

import static platform.deepseek.cache.Await.soon;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.RedisRole;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.cache.Port;
import redis.embedded.RedisSentinel;
import redis.embedded.RedisServer;

/** A primary, its replica, and a sentinel that watches them and switches. */
public final class WatchedRedis implements AutoCloseable {

  private static final String NAME = "mymaster";

  private final int sentinelPort = Port.free();
  private final List<Integer> ports = new ArrayList<>();
  private final List<RedisServer> servers = new ArrayList<>();
  private final List<Vertx> clients = new ArrayList<>();
  private final RedisSentinel sentinel;

  public WatchedRedis() {
    try {
      int primary = Port.free();
      servers.add(
          RealRedis.server(primary)
              .setting("repl-diskless-sync-delay 0") // nobody else joins
              .build());
      servers.getFirst().start();
      ports.add(primary);
      int replica = Port.free();
      servers.add(RealRedis.server(replica).slaveOf("127.0.0.1", primary).build());
      servers.getLast().start();
      ports.add(replica);
      // Whom the sentinel does not find when it first asks it finds ten seconds later.
      Request replication = Request.cmd(Command.INFO).arg("replication");
      soon().until(() -> send(primary, replication).toString().contains("state=online"));
      var builder =
          RedisSentinel.newRedisSentinel()
              .bind("127.0.0.1")
              .port(sentinelPort)
              .masterName(NAME)
              .masterPort(primary)
              .quorumSize(1)
              .downAfterMilliseconds(500)
              .failOverTimeout(30_000);
      RealRedis.onPath("redis-server")
          .ifPresent(own -> builder.executableProvider(() -> own.toFile()));
      sentinel = builder.build();
      sentinel.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client as another process would have. */
  public Redis client() {
    return client(
        new RedisOptions()
            .setType(RedisClientType.SENTINEL)
            .setMasterName(NAME)
            .setRole(RedisRole.MASTER)
            .setConnectionString("redis://127.0.0.1:" + sentinelPort));
  }

  private Redis client(RedisOptions options) {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    clients.add(vertx);
    return Redis.createClient(
        vertx, options.setMaxPoolSize(4).setMaxPoolWaiting(10_000).setMaxWaitingHandlers(10_000));
  }

  /** Which of the two is the primary now, 0 or 1. */
  public int primary() {
    Response address = sentinel("get-master-addr-by-name", NAME);
    return ports.indexOf(address.get(1).toInteger());
  }

  /** Whether the sentinel knows the replica, so that there is somebody to switch to. */
  public boolean canSwitch() {
    Response known = sentinel("replicas", NAME);
    return known.size() == 1
        && known.get(0).get("flags").toString().equals("slave")
        && known.get(0).get("master-link-status").toString().equals("ok");
  }

  /** As an administrator does; the old primary lives and becomes the replica. */
  public void switchOver() {
    sentinel("failover", NAME);
  }

  public void kill(int which) {
    try {
      servers.get(which).stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Response sentinel(String what, String name) {
    return send(sentinelPort, Request.cmd(Command.SENTINEL).arg(what).arg(name));
  }

  private static Response send(int port, Request request) {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    try {
      return Redis.createClient(vertx, "redis://127.0.0.1:" + port)
          .send(request)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @Override
  public void close() {
    clients.forEach(vertx -> vertx.close().toCompletionStage().toCompletableFuture().join());
    try {
      sentinel.stop();
      for (RedisServer server : servers) {
        if (server.isActive()) {
          server.stop();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
