package platform.deepseek.auth.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Clients that ask for decisions one after the other, and settle what they are allowed. */
final class Load implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(5);

  /**
   * @param who asked
   * @param asked when, of {@link System#nanoTime}
   * @param answered when
   * @param code why not; empty when it was allowed
   * @param limit of requests a second that was told; 0 where none was
   */
  record Seen(String who, long asked, long answered, int http, int status, String code, int limit) {
    boolean allowed() {
      return code.isEmpty();
    }
  }

  private final URI base;
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  final AtomicInteger settled = new AtomicInteger();
  final AtomicInteger deferred = new AtomicInteger();
  private volatile boolean over;

  Load(String base) {
    this.base = URI.create(base);
  }

  /** Begins to ask with a key. */
  void ask(String who, String key) throws IOException {
    ask(who, () -> key);
  }

  /** Begins to ask with another key each time. */
  void ask(String who, Supplier<String> keys) throws IOException {
    ObjectNode body = (ObjectNode) LiveService.example("decision-request");
    String settlement = LiveService.example("settlement-request").toString();
    threads.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!over) {
                    try {
                      once(who, body.put("credential", keys.get()).toString(), settlement);
                      LockSupport.parkNanos(PAUSE.toNanos());
                    } catch (IOException | RuntimeException e) {
                      failures.add(who + ": " + e);
                    } catch (InterruptedException e) {
                      return;
                    }
                  }
                }));
  }

  private void once(String who, String question, String settlement)
      throws IOException, InterruptedException {
    long asked = System.nanoTime();
    HttpResponse<String> reply = post("/v1/decisions", question);
    long answered = System.nanoTime();
    JsonNode decision = LiveService.JSON.readTree(reply.body());
    JsonNode limit = decision.path("headers").path("x-ratelimit-limit-requests");
    seen.add(
        new Seen(
            who,
            asked,
            answered,
            reply.statusCode(),
            decision.path("status").asInt(200),
            decision.path("code").asText(""),
            limit.asInt(0)));
    if (decision.path("allow").asBoolean()) {
      HttpResponse<String> receipt =
          post("/v1/settlements/" + decision.get("reservation").textValue(), settlement);
      switch (receipt.statusCode()) {
        case 200 -> settled.incrementAndGet();
        case 202 -> deferred.incrementAndGet();
        default -> failures.add(who + ": settled with " + receipt.statusCode() + receipt.body());
      }
    }
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Who was answered what, of the requests that were asked since then. */
  List<Seen> since(long nanoTime, String who) {
    return seen.stream()
        .filter(one -> one.who().equals(who) && one.asked() - nanoTime >= 0)
        .toList();
  }

  List<Seen> all(String who) {
    return seen.stream().filter(one -> one.who().equals(who)).toList();
  }

  /** Whatever was no answer. */
  Queue<String> failures() {
    return failures;
  }

  void stop() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Override
  public void close() throws InterruptedException {
    stop();
    client.close();
  }
}
