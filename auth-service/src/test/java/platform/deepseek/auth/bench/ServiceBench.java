package platform.deepseek.auth.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import platform.deepseek.auth.limit.RealRedis;
import platform.deepseek.auth.store.RealPostgres;

/**
 * What a decision costs: the built service as a process of its own with a real PostgreSQL and a
 * real Redis, asked over HTTP, every decision settled. First at 500 requests a second whoever waits
 * (open loop: a slow answer delays no later question, and its time counts from when it should have
 * been asked), then as fast as it goes. The processor time of the service's process is what stays
 * true on a machine that does other things as well. Started by deploy/bench/auth.sh.
 */
public final class ServiceBench {

  private static final String SERVICE_KEY = "a secret that services share";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RATE = 500;
  private static final int RUNS = 5;
  private static final int OPEN_LOOP = 2_500; // five seconds a run
  private static final int CLOSED_LOOP = 10_000;
  private static final int CONCURRENT = 64;
  private static final int MOST_WARM_UPS = 12;

  private final Process service;
  private final Buffer question;
  private final Context loop;
  private final HttpClient client;

  private ServiceBench(Process service, Buffer question, Context loop, HttpClient client) {
    this.service = service;
    this.question = question;
    this.loop = loop;
    this.client = client;
  }

  /**
   * @param arguments the built service's quarkus-run.jar
   */
  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory("auth-bench");
    int port = freePort();
    try (RealRedis redis = new RealRedis();
        RealPostgres postgres = new RealPostgres()) {
      Process service = start(Path.of(arguments[0]), folder, port, redis, postgres);
      Runtime.getRuntime().addShutdownHook(new Thread(service::destroy)); // when interrupted
      Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
      try {
        String admin = adminKey(folder, service);
        Buffer question =
            Buffer.buffer(
                JSON.writeValueAsBytes(
                    Map.of(
                        "credential",
                        developerKey(port, admin),
                        "clientAddress",
                        "10.1.2.3",
                        "forwardedFor",
                        List.of("203.0.113.9"),
                        "method",
                        "POST",
                        "path",
                        "/v1/chat/completions",
                        "model",
                        "m",
                        "promptTokens",
                        120,
                        "maxTokens",
                        800)));
        HttpClient client =
            vertx.createHttpClient(
                new HttpClientOptions()
                    .setMaxPoolSize(CONCURRENT)
                    .setTcpNoDelay(true)
                    .setDefaultPort(port));
        new ServiceBench(service, question, vertx.getOrCreateContext(), client).run();
      } finally {
        service.destroy();
        service.waitFor();
        vertx.close().toCompletionStage().toCompletableFuture().join();
      }
    }
  }

  private static Process start(
      Path jar, Path folder, int port, RealRedis redis, RealPostgres postgres) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", // as deploy/local starts it
            "-Xmx512m",
            "-Dquarkus.http.port=" + port,
            "-Dquarkus.management.port=" + freePort(),
            "-Ddeepseek.auth.database-url=jdbc:postgresql://127.0.0.1:"
                + postgres.port()
                + "/postgres",
            "-Ddeepseek.auth.database-user=postgres",
            "-Ddeepseek.auth.redis-hosts=" + redis.address(),
            "-Ddeepseek.auth.redis-patience=10s",
            "-Ddeepseek.auth.service-key=" + SERVICE_KEY,
            "-Ddeepseek.auth.platform-requests-per-second=1000000",
            "-Ddeepseek.auth.source-alert-requests-per-minute=1000000000",
            "-Ddeepseek.auth.data-folder=" + folder.resolve("data"),
            "-Ddeepseek.auth.local-keys-folder=" + folder.resolve("run"),
            "-jar",
            jar.toString())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
  }

  private static String adminKey(Path folder, Process service) throws IOException {
    File file = folder.resolve("run/admin-key").toFile();
    while (!file.exists() || file.length() == 0 || !isListening(folder)) {
      if (!service.isAlive()) {
        throw new IllegalStateException(Files.readString(folder.resolve("log")));
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
    return Files.readString(file.toPath()).strip();
  }

  private static boolean isListening(Path folder) throws IOException {
    return Files.readString(folder.resolve("log")).contains("Listening on");
  }

  /** One with every kind of limit, none of which is ever reached. */
  private static String developerKey(int port, String admin) throws Exception {
    String tenant = post(port, admin, "tenants", Map.of("name", "bench")).get("id").textValue();
    Map<String, Object> limits =
        Map.of(
            "requestsPerSecond",
            1_000_000,
            "tokensPerMinute",
            1_000_000_000_000L,
            "concurrentRequests",
            1_000_000_000,
            "tokensPerMonth",
            1_000_000_000_000L);
    return post(
            port,
            admin,
            "keys",
            Map.of("tenant", tenant, "name", "k", "role", "developer", "limits", limits))
        .get("key")
        .textValue();
  }

  private static JsonNode post(int port, String admin, String what, Object body) throws Exception {
    try (var http = java.net.http.HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/admin/" + what))
              .header("authorization", "Bearer " + admin)
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
              .build();
      String answer = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      return JSON.readTree(answer);
    }
  }

  private void run() throws InterruptedException {
    warmUp();
    System.out.printf("%d requests a second, open loop, each settled:%n", RATE);
    List<double[]> runs = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      runs.add(openLoop());
    }
    double[] middle = medians(runs);
    System.out.printf(
        "  median of %d runs: p50 %.2f ms, p99 %.2f ms, max %.2f ms; %.0f us of processor time a"
            + " request%n",
        RUNS, middle[0], middle[1], middle[2], middle[3]);
    System.out.println("as fast as it goes, 64 at once, not settled:");
    runs.clear();
    for (int i = 0; i < RUNS; i++) {
      runs.add(closedLoop());
    }
    middle = medians(runs);
    System.out.printf(
        "  median of %d runs: %,.0f decisions/s, %.0f us of processor time each: %,.0f/s per"
            + " core%n",
        RUNS, middle[0], middle[1], 1e6 / middle[1]);
  }

  /**
   * Until a decision does not become cheaper any more: a compiler that still works is processor
   * time of the process as well, but of none that has run for a few minutes.
   */
  private void warmUp() throws InterruptedException {
    double best = Double.MAX_VALUE;
    int level = 0;
    for (int i = 0; i < MOST_WARM_UPS && level < 2; i++) {
      double used = closedLoop()[1];
      System.out.printf("warming up: %.0f us of processor time a decision%n", used);
      level = used < best * 0.95 ? 0 : level + 1;
      best = Math.min(best, used);
    }
    openLoop(); // settlements are to be compiled too
  }

  private static double[] medians(List<double[]> runs) {
    double[] medians = new double[runs.getFirst().length];
    for (int i = 0; i < medians.length; i++) {
      int column = i;
      medians[i] =
          runs.stream().mapToDouble(run -> run[column]).sorted().toArray()[runs.size() / 2];
    }
    return medians;
  }

  /** p50, p99 and the longest in ms, and the service's processor time of a request in us. */
  private double[] openLoop() throws InterruptedException {
    AtomicLongArray times = new AtomicLongArray(OPEN_LOOP);
    CountDownLatch running = new CountDownLatch(OPEN_LOOP);
    AtomicInteger failed = new AtomicInteger();
    long cpu = cpu();
    long begin = System.nanoTime();
    for (int i = 0; i < OPEN_LOOP; i++) {
      long due = begin + i * 1_000_000_000L / RATE;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      int at = i;
      send("/v1/decisions", question)
          .onSuccess(answer -> times.set(at, System.nanoTime() - due))
          .compose(
              answer ->
                  send(
                      "/v1/settlements/" + answer.toJsonObject().getString("reservation"),
                      Buffer.buffer(
                          "{\"promptTokens\":120,\"completionTokens\":80,"
                              + "\"outcome\":\"completed\"}")))
          .onFailure(failure -> failed.incrementAndGet())
          .onComplete(done -> running.countDown());
    }
    running.await();
    double used = (cpu() - cpu) / 1e3 / OPEN_LOOP;
    long[] sorted = new long[OPEN_LOOP];
    Arrays.setAll(sorted, times::get);
    Arrays.sort(sorted);
    double[] run = {
      sorted[OPEN_LOOP / 2] / 1e6,
      sorted[OPEN_LOOP * 99 / 100] / 1e6,
      sorted[OPEN_LOOP - 1] / 1e6,
      used
    };
    System.out.printf(
        "  p50 %.2f ms, p99 %.2f ms, max %.2f ms, %.0f us; %d failed%n",
        run[0], run[1], run[2], run[3], failed.get());
    return run;
  }

  /** Decisions a second, and the service's processor time of each in us. */
  private double[] closedLoop() throws InterruptedException {
    Semaphore free = new Semaphore(CONCURRENT);
    long cpu = cpu();
    long begin = System.nanoTime();
    for (int i = 0; i < CLOSED_LOOP; i++) {
      free.acquire();
      send("/v1/decisions", question).onComplete(done -> free.release());
    }
    free.acquire(CONCURRENT);
    return new double[] {
      CLOSED_LOOP / ((System.nanoTime() - begin) / 1e9), (cpu() - cpu) / 1e3 / CLOSED_LOOP
    };
  }

  /** On the client's own loop: an answer that comes before somebody listens to it is lost. */
  private Future<Buffer> send(String path, Buffer body) {
    Promise<Buffer> answer = Promise.promise();
    loop.runOnContext(
        run ->
            client
                .request(HttpMethod.POST, path)
                .compose(
                    (HttpClientRequest request) ->
                        request.putHeader("x-deepseek-service-key", SERVICE_KEY).send(body))
                .compose(HttpClientResponse::body)
                .onComplete(answer));
    return answer.future();
  }

  private long cpu() {
    return service.toHandle().info().totalCpuDuration().orElseThrow().toNanos();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
