package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/** Too much, too many, and a model that breaks: each has its status and the same body. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class LimitsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Map<String, String> KEY =
      Map.of("authorization", "Bearer " + ParrotProfile.KEY);
  private static final String CHAT = "/v1/chat/completions";
  private static final int TEN_MEGABYTES = 10 << 20;

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;

  private RawConnection client;

  @BeforeEach
  void connect() throws IOException {
    client = new RawConnection(server);
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    parrot.pace(0);
    Await.until(
        SOON,
        "the engine is idle",
        () -> model.engine().stats().running() + model.engine().stats().waiting() == 0);
  }

  private static void assertError(HttpReply reply, int status, String code) throws IOException {
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(reply.headers()).containsEntry("content-type", "application/json");
    JsonNode error = JSON.readTree(reply.body()).get("error");
    assertThat(error.fieldNames()).toIterable().containsExactly("message", "type", "param", "code");
    assertThat(error.get("code").textValue()).isEqualTo(code);
  }

  @Test
  void aBodyBeyondTheLimitIsRefusedAfterItWasSent() throws Exception {
    client.send("POST", CHAT, KEY, new byte[TEN_MEGABYTES + 1]);
    HttpReply reply = client.reply();
    assertError(reply, 413, "body_too_large");
    assertThat(reply.body()).contains("10,485,761").contains("10,485,760");
  }

  @Test
  void aBodyOfUnknownLengthHasTheSameLimit() throws Exception {
    client.send(
        "POST",
        CHAT,
        Map.of("authorization", "Bearer " + ParrotProfile.KEY, "transfer-encoding", "chunked"),
        null);
    byte[] megabyte =
        ("100000\r\n" + " ".repeat(1 << 20) + "\r\n").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 11; i++) {
      client.sendBytes(megabyte);
    }
    client.sendBytes("0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    assertError(client.reply(), 413, "body_too_large");
  }

  @Test
  void aClientThatAsksFirstNeedNotSendTheBody() throws Exception {
    client.send(
        "POST",
        CHAT,
        Map.of(
            "authorization",
            "Bearer " + ParrotProfile.KEY,
            "content-length",
            "99999999",
            "expect",
            "100-continue"),
        null);
    assertError(client.reply(), 413, "body_too_large");
  }

  @Test
  void tenMegabytesOfTextAreRefusedAtOnceWithTheNumbers() throws Exception {
    String text = "word ".repeat((TEN_MEGABYTES - 1_000) / 5);
    client.post(
        CHAT,
        ParrotProfile.KEY,
        """
        {"model":"parrot","max_tokens":4096,"messages":[{"role":"user","content":"%s"}]}\
        """
            .formatted(text));
    HttpReply reply = client.reply();
    assertError(reply, 400, "context_length_exceeded");
    assertThat(JSON.readTree(reply.body()).at("/error/message").textValue())
        .matches(
            "This model's maximum context length is 8192 tokens. However, you requested at least"
                + " [0-9]+ tokens \\([0-9]+ in the prompt, 4096 in the completion\\)\\. .*");
  }

  @Test
  void aFormIsNotJson() throws Exception {
    client.send(
        "POST",
        CHAT,
        Map.of(
            "authorization",
            "Bearer " + ParrotProfile.KEY,
            "content-type",
            "application/x-www-form-urlencoded"),
        "a=b".getBytes(StandardCharsets.UTF_8));
    assertError(client.reply(), 415, "unsupported_media_type");
  }

  @Test
  void bytesThatAreNoTextAreRefused() throws Exception {
    client.send("POST", CHAT, KEY, new byte[] {'{', '"', (byte) 0xC3, (byte) 0x28, '"', '}'});
    assertError(client.reply(), 400, "invalid_json");
  }

  @Test
  void aFullQueueIs429WithRetryAfterStreamedOrNot() throws Exception {
    parrot.pace(20_000_000);
    String many =
        """
        {"model":"parrot","prompt":"on ","n":128,"max_tokens":4000,"stream":%s}\
        """;
    try (RawConnection first = new RawConnection(server);
        RawConnection second = new RawConnection(server)) {
      first.post("/v1/completions", ParrotProfile.KEY, many.formatted(true));
      second.post("/v1/completions", ParrotProfile.KEY, many.formatted(true));
      Await.until(SOON, "256 are there", () -> queued() == 256);
      for (boolean stream : new boolean[] {true, false}) {
        client.post("/v1/completions", ParrotProfile.KEY, many.formatted(stream));
        HttpReply reply = client.reply();
        assertError(reply, 429, "queue_full");
        assertThat(Integer.parseInt(reply.headers().get("retry-after"))).isBetween(1, 60);
        Await.until(SOON, "its other choices are taken back", () -> queued() == 256);
      }
    }
  }

  private int queued() {
    return model.engine().stats().running() + model.engine().stats().waiting();
  }

  @Test
  void aModelThatBreaksBeforeTheFirstTokenIs503() throws Exception {
    parrot.failNext();
    client.post(
        CHAT,
        ParrotProfile.KEY,
        """
        {"model":"parrot","stream":true,"messages":[{"role":"user","content":"Hi"}]}\
        """);
    HttpReply reply = client.reply();
    assertError(reply, 503, "runner_failed");
    assertThat(reply.headers()).containsKey("retry-after");
    assertThat(reply.body()).doesNotContain("\\tat ").doesNotContain(".java");
  }

  @Test
  void aModelThatBreaksLaterIsOneLastEvent() throws Exception {
    parrot.pace(5_000_000);
    client.post(
        "/v1/completions",
        ParrotProfile.KEY,
        """
        {"model":"parrot","prompt":"on ","max_tokens":4000,"stream":true}\
        """);
    assertThat(client.head().status()).isEqualTo(200);
    assertThat(client.chunk()).startsWith("data: {\"id\":");
    parrot.failNext();
    String last = null;
    for (String chunk = client.chunk(); chunk != null; chunk = client.chunk()) {
      last = chunk;
    }
    assertThat(last).startsWith("data: {\"error\":{").endsWith("}}\n\n").contains("runner_failed");
  }

  /** Found before there is a request that a route could answer. */
  @ParameterizedTest
  @CsvSource({
    "NONSENSE, 400",
    "GET /v1/models HTTP/x, 400",
    "GET /v1/models HTTP/1.1\\r\\nno header, 400",
    "GET /%s HTTP/1.1, 414",
    "GET /v1/models HTTP/1.1\\r\\nx: %s, 431"
  })
  void whatIsNotHttpGetsAStatusAloneAndTheConnectionEnds(String head, int status) throws Exception {
    String bytes = head.replace("\\r\\n", "\r\n").replace("%s", "x".repeat(30_000));
    client.sendBytes((bytes + "\r\nhost: h\r\n\r\n").getBytes(StandardCharsets.UTF_8));
    HttpReply reply = client.reply();
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.body()).isEmpty();
    assertThatThrownBy(client::head).isInstanceOf(IOException.class);
  }
}
