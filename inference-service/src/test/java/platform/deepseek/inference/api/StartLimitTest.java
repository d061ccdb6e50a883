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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.Endpoint.Call;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Submission;
import platform.deepseek.inference.sampling.SamplingParams;

/** A request that does not start in time, before anything was sent: it has a status of its own. */
@QuarkusTest
@TestProfile(StartLimitTest.Impatient.class)
class StartLimitTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofMinutes(1);

  /** One slot, and a start before the first keep-alive or never. */
  public static final class Impatient extends ParrotProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
      overrides.put("deepseek.start-within", "200ms");
      overrides.put("deepseek.keep-alive", "1h");
      overrides.put("deepseek.body-within", "500ms");
      overrides.put("deepseek.max-batch-size", "1");
      return overrides;
    }
  }

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;

  static List<Call> calls() {
    return Endpoint.calls();
  }

  @AfterEach
  void letTheParrotFinish() {
    parrot.pace(0);
    Await.until(
        SOON,
        "the engine is idle",
        () -> model.engine().stats().running() + model.engine().stats().waiting() == 0);
  }

  /** Its connection ends, or whoever opens many of them and sends a byte a minute has them all. */
  @Test
  void aBodyThatDoesNotComeInTimeIsRefused() throws Exception {
    try (RawConnection client = new RawConnection(server)) {
      // In one piece: the byte is not to come late.
      client.sendBytes(
          ("POST /v1/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer "
                  + ParrotProfile.KEY
                  + "\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
              .getBytes(StandardCharsets.US_ASCII));
      HttpReply reply = client.reply();
      assertThat(reply.status()).as(reply.body()).isEqualTo(408);
      JsonNode error = JSON.readTree(reply.body()).get("error");
      assertThat(error.get("code").textValue()).isEqualTo("request_timeout");
      assertThat(error.get("message").textValue())
          .isEqualTo(
              "After 0.5 s 1 bytes of the body are here and its end is not; send it faster.");
      assertThatThrownBy(client::head).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aRequestThatDoesNotStartInTimeIsRefused(Call call) throws Exception {
    parrot.pace(10_000_000);
    Submission blocker = occupy();
    try (RawConnection client = new RawConnection(server)) {
      client.post(
          call.endpoint().path,
          ParrotProfile.KEY,
          call.endpoint().request("Hello", 5, call.stream()));
      HttpReply reply = client.reply();
      assertThat(reply.headers()).containsEntry("content-type", "application/json");
      JsonNode error = JSON.readTree(reply.body()).get("error");
      switch (call.endpoint().dialect) {
        case OPENAI, RESPONSES -> {
          assertThat(reply.status()).isEqualTo(503);
          assertThat(error.get("type").textValue()).isEqualTo("server_error");
          assertThat(error.get("code").textValue()).isEqualTo("deadline_exceeded");
        }
        case DEEPSEEK -> {
          assertThat(reply.status()).isEqualTo(503);
          assertThat(error.get("type").textValue()).isEqualTo("server_error");
          assertThat(error.get("code").textValue()).isEqualTo("invalid_request_error");
        }
        case ANTHROPIC -> {
          assertThat(reply.status()).isEqualTo(529);
          assertThat(error.get("type").textValue()).isEqualTo("overloaded_error");
        }
      }
    } finally {
      blocker.cancel();
    }
  }

  /** Takes the only slot, itself with all the time it needs. */
  private Submission occupy() {
    Submission blocker =
        model
            .engine()
            .submit(
                new GenerationRequest(
                    new int[] {1},
                    8_000,
                    SamplingParams.GREEDY,
                    Set.of(),
                    "",
                    false,
                    Duration.ofHours(1)),
                event -> {});
    Await.until(SOON, "the slot is taken", () -> model.engine().stats().running() == 1);
    return blocker;
  }
}
