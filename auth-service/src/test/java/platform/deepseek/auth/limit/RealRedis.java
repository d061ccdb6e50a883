package platform.deepseek.auth.limit;

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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import platform.deepseek.auth.Port;
import redis.embedded.RedisServer;

/**
 * A Redis of its own on a free port of the loopback address: the machine's where it has one, else
 * the one inside a test dependency. It can be stopped and started again.
 */
public final class RealRedis implements AutoCloseable {

  /** Tests let several counters share a client, and each may keep a connection of it. */
  private static final int CONNECTIONS = 16;

  private final int port = Port.free();
  private final List<Vertx> replicas = new CopyOnWriteArrayList<>();
  private RedisServer server;

  public RealRedis() {
    start();
  }

  public void start() {
    try {
      var builder =
          RedisServer.newRedisServer()
              .port(port)
              .bind("127.0.0.1")
              .setting("save \"\"")
              .setting("appendonly no");
      Path own = onPath("redis-server");
      if (own != null) {
        builder.executableProvider(() -> own.toFile());
      }
      server = builder.build();
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void stop() {
    try {
      server.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it as a crash does. */
  public void kill() {
    String pid =
        send("INFO", "server")
            .toString()
            .lines()
            .filter(line -> line.contains("process_id:"))
            .findFirst()
            .orElseThrow();
    ProcessHandle process =
        ProcessHandle.of(Long.parseLong(pid.substring(pid.indexOf(':') + 1).strip())).orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
    stop();
  }

  public int port() {
    return port;
  }

  public String address() {
    return "redis://127.0.0.1:" + port;
  }

  /** A client with an event loop and connections of its own, as another process would have. */
  public Redis client() {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    replicas.add(vertx);
    return client(vertx);
  }

  /** A client on the event loop that asks for it, as a service has several. */
  public Redis client(Vertx vertx) {
    return Redis.createClient(
        vertx,
        new RedisOptions()
            .setConnectionString(address())
            .setMaxPoolSize(CONNECTIONS)
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

  private static Path onPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }
}
