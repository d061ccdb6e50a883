package platform.deepseek.cache.http;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.ext.web.Router;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import platform.deepseek.cache.answer.Replica;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.metrics.LookupTimer;

/**
 * A replica with its HTTP in a process of its own, which a test can kill like a machine that loses
 * power. It ends with the process that started it.
 */
final class ServedReplica implements AutoCloseable {

  private static final int MOST_WAITING = 10_000;

  private final Process process;
  private final int port;

  /**
   * @param redis its address
   * @param lease how long a leader that is not heard of keeps its lease
   */
  ServedReplica(String redis, Path folder, Duration lease) {
    try {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx256m",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  ServedReplica.class.getName(),
                  redis,
                  folder.toString(),
                  Long.toString(lease.toMillis()))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader said =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
      String line = said.readLine();
      if (line == null) {
        throw new IllegalStateException("the replica ended with " + process.onExit().join());
      }
      port = Integer.parseInt(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return port;
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }

  /** Serves until its input ends; says its port first. */
  public static void main(String[] arguments) throws IOException {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    Redis redis =
        Redis.createClient(
            vertx,
            new RedisOptions()
                .setConnectionString(arguments[0])
                .setMaxPoolSize(8)
                .setMaxPoolWaiting(MOST_WAITING)
                .setMaxWaitingHandlers(MOST_WAITING));
    Duration lease = Duration.ofMillis(Long.parseLong(arguments[2]));
    Replica replica =
        Replica.Plan.in(Path.of(arguments[1])).redis(redis).rocks().lease(lease).start();
    Router router = Router.router(vertx);
    routes(replica, lease).register(router);
    int port =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join()
            .actualPort();
    System.out.println(port);
    while (System.in.read() >= 0) {
      // Nothing is said to it: it waits for the end.
    }
    Runtime.getRuntime().halt(0);
  }

  /** Those of answers; whoever is on the same machine may ask. */
  static Routes routes(Replica replica, Duration lease) {
    LeaseToken tokens = new LeaseToken(MasterKey.of(Replica.MASTER));
    LeaseRoutes leases = new LeaseRoutes(replica.cache, tokens);
    return new Routes(
        new ServiceGuard(Optional.empty(), true),
        new LookupRoute(replica.cache, tokens, lease, new LookupTimer(new SimpleMeterRegistry())),
        leases,
        new StreamAppendRoute(replica.cache, replica.streams, leases, lease),
        new StreamReadRoute(replica.streams),
        new PrefixRoutes(null),
        new AdministrationRoutes(replica.administration, null, Runnable::run, 0));
  }
}
