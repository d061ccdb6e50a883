package platform.deepseek.cache.redis;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.cache.Port;
import redis.embedded.RedisServer;
import redis.embedded.core.RedisServerBuilder;

/**
 * A Redis of its own on a free port of the loopback address: the machine's where it has one, else
 * the one inside a test dependency. It can be stopped and started again.
 */
public final class RealRedis implements AutoCloseable {

  private final int port = Port.free();
  private final List<Vertx> replicas = new ArrayList<>();
  private RedisServer server;

  public RealRedis() {
    start();
  }

  public void start() {
    try {
      server = server(port).build();
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static RedisServerBuilder server(int port) {
    RedisServerBuilder builder =
        RedisServer.newRedisServer()
            .port(port)
            .bind("127.0.0.1")
            .setting("save \"\"")
            .setting("appendonly no");
    onPath("redis-server").ifPresent(own -> builder.executableProvider(() -> own.toFile()));
    return builder;
  }

  public void stop() {
    try {
      server.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String address() {
    return "redis://127.0.0.1:" + port;
  }

  /** A client with an event loop and connections of its own, as another process would have. */
  public Redis client() {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    replicas.add(vertx);
    return Redis.createClient(
        vertx,
        new RedisOptions()
            .setConnectionString(address())
            .setMaxPoolSize(4)
            .setMaxPoolWaiting(10_000)
            .setMaxWaitingHandlers(10_000));
  }

  public Response send(String command, String... arguments) {
    Redis client = client();
    Request request = Request.cmd(Command.create(command));
    for (String argument : arguments) {
      request.arg(argument);
    }
    return client.send(request).toCompletionStage().toCompletableFuture().join();
  }

  @Override
  public void close() {
    replicas.forEach(vertx -> vertx.close().toCompletionStage().toCompletableFuture().join());
    stop();
  }

  static Optional<Path> onPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
