package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.Endpoint.Call;
import platform.deepseek.inference.api.client.IdleProxy;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/**
 * Waiting clients hear from the server, and what they are told when it fails after that: the status
 * 200 has left. One slot, a keep-alive every 100 ms and a start within 6 s stand for the times that
 * are thirty and a hundred times as long.
 */
@QuarkusTest
@TestProfile(KeepAliveTest.Hurried.class)
class KeepAliveTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Duration IDLE = Duration.ofSeconds(1);

  /** In this time a silent connection would be closed twice. */
  private static final int KEEP_ALIVES = 20;

  /** One slot, and little patience. */
  public static final class Hurried extends ParrotProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
      overrides.put("deepseek.keep-alive", "100ms");
      overrides.put("deepseek.start-within", "6s");
      overrides.put("deepseek.max-batch-size", "1");
      return overrides;
    }
  }

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;
  @Inject MeterRegistry meters;

  private final List<RawConnection> connections = new ArrayList<>();

  static List<Call> calls() {
    return Endpoint.calls();
  }

  @AfterEach
  void leave() throws IOException {
    for (RawConnection connection : connections) {
      connection.close();
    }
    parrot.pace(0);
    parrot.goOn();
    Await.until(
        SOON,
        "the engine is idle",
        () -> model.engine().stats().running() + model.engine().stats().waiting() == 0);
  }

  private RawConnection connect(URI address) throws IOException {
    RawConnection connection = new RawConnection(address);
    connections.add(connection);
    return connection;
  }

  private RawConnection ask(URI address, Call call, String text, int maxTokens) throws IOException {
    RawConnection connection = connect(address);
    connection.post(
        call.endpoint().path,
        ParrotProfile.KEY,
        call.endpoint().request(text, maxTokens, call.stream()));
    return connection;
  }

  /** Takes the only slot for longer than any test lasts. */
  private RawConnection occupy() throws IOException {
    parrot.pace(10_000_000);
    RawConnection blocker = connect(server);
    blocker.post(
        "/v1/completions",
        ParrotProfile.KEY,
        "{\"model\":\"parrot\",\"prompt\":\"on\",\"max_tokens\":8000,\"ignore_eos\":true}");
    Await.until(SOON, "the slot is taken", () -> model.engine().stats().running() == 1);
    return blocker;
  }

  /** One request for every call, each on a connection of its own. */
  private Map<Call, RawConnection> askAll(URI address) throws IOException {
    Map<Call, RawConnection> clients = new HashMap<>();
    for (Call call : Endpoint.calls()) {
      clients.put(call, ask(address, call, "Hello", 5));
    }
    Await.until(SOON, "all wait", () -> model.engine().stats().waiting() == clients.size());
    return clients;
  }

  private static void assertAccepted(Call call, RawConnection client) throws IOException {
    RawConnection.Head head = client.head();
    assertThat(head.status()).as(call.toString()).isEqualTo(200);
    assertThat(head.headers())
        .as(call.toString())
        .containsEntry(
            "content-type",
            call.stream() ? "text/event-stream; charset=utf-8" : "application/json");
  }

  private static void assertKeepAlive(Call call, RawConnection client) throws IOException {
    assertThat(client.chunk())
        .as(call.toString())
        .isEqualTo(call.stream() ? call.endpoint().keepAlive() : Endpoint.BLANK_LINE);
  }

  /** What comes after the keep-alives. */
  private static List<String> rest(Call call, RawConnection client) throws IOException {
    List<String> rest = new ArrayList<>();
    String keepAlive = call.stream() ? call.endpoint().keepAlive() : Endpoint.BLANK_LINE;
    for (String chunk = client.chunk(); chunk != null; chunk = client.chunk()) {
      if (!chunk.equals(keepAlive)) {
        rest.add(chunk);
      }
    }
    return rest;
  }

  @Test
  void queuedRequestsSurviveAProxyThatClosesSilentConnections() throws Exception {
    try (IdleProxy proxy = new IdleProxy(server, IDLE)) {
      RawConnection blocker = occupy();
      Map<Call, RawConnection> clients = askAll(proxy.address());
      for (Map.Entry<Call, RawConnection> client : clients.entrySet()) {
        assertAccepted(client.getKey(), client.getValue());
        for (int i = 0; i < KEEP_ALIVES; i++) {
          assertKeepAlive(client.getKey(), client.getValue());
        }
      }
      blocker.close();
      parrot.pace(0);
      for (Map.Entry<Call, RawConnection> client : clients.entrySet()) {
        Call call = client.getKey();
        List<String> rest = rest(call, client.getValue());
        assertThat(call.endpoint().text(rest, call.stream())).as(call.toString()).contains("Hello");
      }
      assertThat(proxy.closed()).isZero();
    }
  }

  @Test
  void requestsThatNeverStartAreGivenUpInTheBody() throws Exception {
    RawConnection blocker = occupy();
    Map<Call, RawConnection> clients = askAll(server);
    for (Map.Entry<Call, RawConnection> client : clients.entrySet()) {
      Call call = client.getKey();
      assertAccepted(call, client.getValue());
      assertKeepAlive(call, client.getValue());
      assertFailure(call, rest(call, client.getValue()), "deadline_exceeded");
    }
    blocker.close();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aModelThatBreaksDuringALongPromptIsToldInTheBody(Call call) throws Exception {
    parrot.holdAfter(1);
    RawConnection client = ask(server, call, UUID.randomUUID() + " on and on".repeat(300), 5);
    assertAccepted(call, client);
    assertKeepAlive(call, client);
    parrot.failNext();
    parrot.goOn();
    assertFailure(call, rest(call, client), "runner_failed");
  }

  @ParameterizedTest
  @MethodSource("calls")
  void anAnswerThatHadBegunEndsShortWhereItsApiHasAWordForIt(Call call) throws Exception {
    double before = generated();
    parrot.holdAfter(3);
    RawConnection client = ask(server, call, UUID.randomUUID().toString(), 100);
    assertAccepted(call, client);
    Await.until(SOON, "it has begun", () -> generated() > before);
    parrot.failNext();
    parrot.goOn();
    List<String> rest = rest(call, client);
    switch (call.endpoint().dialect) {
      case OPENAI, ANTHROPIC -> assertFailure(call, rest, "runner_failed");
      case RESPONSES -> assertFailedResponse(call, rest);
      case DEEPSEEK -> assertEndsShort(call, rest);
    }
  }

  private double generated() {
    return meters.counter("deepseek.generation.tokens").count();
  }

  private static void assertFailure(Call call, List<String> rest, String code) throws IOException {
    String last = call.stream() ? Endpoint.events(rest).getLast() : rest.getLast();
    JsonNode body = JSON.readTree(last);
    boolean flat = call.stream() && call.endpoint().dialect == Endpoint.Dialect.RESPONSES;
    JsonNode error = flat ? body : body.get("error");
    assertThat(error.get("message").textValue()).as(call.toString()).isNotBlank();
    switch (call.endpoint().dialect) {
      case OPENAI -> assertError(call, error, "server_error", code);
      case DEEPSEEK -> assertError(call, error, "server_error", "invalid_request_error");
      case RESPONSES -> assertError(call, error, flat ? "error" : "server_error", code);
      case ANTHROPIC -> {
        assertThat(body.get("type").textValue()).as(call.toString()).isEqualTo("error");
        assertThat(error.get("type").textValue())
            .as(call.toString())
            .isEqualTo(code.equals("deadline_exceeded") ? "overloaded_error" : "api_error");
      }
    }
  }

  private static void assertError(Call call, JsonNode error, String type, String code) {
    assertThat(error.get("type").textValue()).as(call.toString()).isEqualTo(type);
    assertThat(error.get("param").isNull()).as(call.toString()).isTrue();
    assertThat(error.get("code").textValue()).as(call.toString()).isEqualTo(code);
  }

  /** A response that had begun tells of its failure itself. */
  private static void assertFailedResponse(Call call, List<String> rest) throws IOException {
    if (call.stream()) {
      JsonNode event = JSON.readTree(Endpoint.events(rest).getLast());
      assertThat(event.get("type").textValue()).isEqualTo("response.failed");
      assertThat(event.at("/response/status").textValue()).isEqualTo("failed");
      assertThat(event.at("/response/error/code").textValue()).isEqualTo("server_error");
    } else {
      assertFailure(call, rest, "runner_failed");
    }
  }

  private static void assertEndsShort(Call call, List<String> rest) throws IOException {
    String last = rest.getLast();
    if (call.stream()) {
      assertThat(last).as(call.toString()).isEqualTo("data: [DONE]\n\n");
      last = rest.get(rest.size() - 2).substring("data: ".length());
    } else {
      assertThat(JSON.readTree(last).at("/usage/completion_tokens").intValue()).isPositive();
    }
    assertThat(JSON.readTree(last).at("/choices/0/finish_reason").textValue())
        .as(call.toString())
        .isEqualTo("insufficient_system_resource");
  }
}
