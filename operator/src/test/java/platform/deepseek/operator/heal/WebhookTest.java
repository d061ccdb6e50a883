package platform.deepseek.operator.heal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.anomaly.BadRule;
import platform.deepseek.operator.anomaly.Detector.Anomaly;
import platform.deepseek.operator.anomaly.Field;
import platform.deepseek.operator.anomaly.Observation;
import platform.deepseek.operator.anomaly.Rule;

/** Receivers that do not do what they should: reconciliations wait for what is sent. */
class WebhookTest {

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch silence = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/silent", exchange -> silent(exchange, -2));
    server.createContext("/half", exchange -> silent(exchange, 100));
    server.createContext("/busy", exchange -> end(exchange, 503));
    server.createContext("/", exchange -> end(exchange, 204));
    server.start();
  }

  @AfterEach
  void close() {
    silence.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void silent(HttpExchange exchange, int length) throws IOException {
    if (length > 0) {
      exchange.sendResponseHeaders(200, length);
      exchange.getResponseBody().flush();
    }
    try {
      silence.await(5, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    exchange.close();
  }

  private static void end(HttpExchange exchange, int status) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private String send(String path, Duration patience) throws BadRule {
    var rule =
        Rule.parse(
                """
                [{"name": "a", "condition": "log_level='ERROR'", "window": "PT1M", "threshold": 1,
                  "actions": [{"type": "remediate"}]}]
                """)
            .getFirst();
    var seen = new Observation("1", Instant.EPOCH, "", Map.of(Field.MESSAGE, "text"));
    return new Webhook(List.of("127.0.0.1"), patience)
        .message(
            "http://127.0.0.1:%d%s".formatted(server.getAddress().getPort(), path),
            "team/model",
            new Anomaly(rule, seen, 1));
  }

  @Test
  void whatTheReceiverSaysIsTold() throws BadRule {
    var patience = Duration.ofMinutes(1);
    assertThat(send("/", patience)).isEqualTo("sent");
    assertThat(send("/busy", patience)).isEqualTo("not sent: 127.0.0.1 answered 503");
  }

  @Test
  void aReceiverThatFallsSilentWithinItsAnswerOrBeforeIsGivenUp() throws BadRule {
    var patience = Duration.ofSeconds(1);
    var given = "not sent: 127.0.0.1 gave no whole answer within 1 s";
    assertThat(send("/half", patience)).isEqualTo(given);
    assertThat(send("/silent", patience)).isEqualTo(given);
  }
}
