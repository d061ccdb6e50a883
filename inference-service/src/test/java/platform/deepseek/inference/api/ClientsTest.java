package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** What clients read beside the bodies: ids of requests, and words by which they know an error. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class ClientsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ID = "req_[0-9a-f]{32}";

  @TestHTTPResource("/")
  URI server;

  private HttpReply ask(String method, String path, Map<String, String> headers, String body)
      throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      Map<String, String> all = new LinkedHashMap<>(headers);
      all.putIfAbsent("authorization", "Bearer " + ParrotProfile.KEY);
      connection.send(
          method, path, all, body == null ? null : body.getBytes(StandardCharsets.UTF_8));
      return connection.reply();
    }
  }

  private static JsonNode body(HttpReply reply) throws IOException {
    return JSON.readTree(reply.body());
  }

  @ParameterizedTest
  @CsvSource({
    "GET,  /v1/models,             200",
    "GET,  /nowhere,               404",
    "PUT,  /v1/models,             405",
    "POST, /v1/chat/completions,   400",
    "POST, /beta/chat/completions, 400",
    "GET,  /health,                200"
  })
  void everyAnswerHasTheIdOfItsRequest(String method, String path, int status) throws Exception {
    HttpReply reply = ask(method, path, Map.of(), method.equals("POST") ? "{}" : null);
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.headers().get("x-request-id")).matches(ID);
    assertThat(reply.headers()).doesNotContainKey("request-id");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/messages,                       400",
    "/anthropic/v1/messages,             400",
    "/v1/messages/count_tokens,          400",
    "/v1/messages/batches,               404",
    "/anthropic/v1/messages/batches,     404"
  })
  void anAnthropicErrorHasItsIdInHeaderAndBody(String path, int status) throws Exception {
    HttpReply reply = ask("POST", path, Map.of(), "{}");
    assertThat(reply.status()).isEqualTo(status);
    String id = reply.headers().get("request-id");
    assertThat(id).matches(ID).isEqualTo(reply.headers().get("x-request-id"));
    assertThat(body(reply).path("request_id").textValue()).isEqualTo(id);
  }

  @Test
  void aWrongKeyIsToldWithTheIdOfTheRequest() throws Exception {
    Map<String, String> wrong = Map.of("authorization", "Bearer sk-wrong");
    HttpReply reply = ask("POST", "/v1/messages", wrong, "{}");
    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.headers().get("request-id")).matches(ID);
  }

  @Test
  void anAnswerIsKnownByItsOwnId() throws Exception {
    String question = "{\"model\":\"parrot\",\"max_tokens\":2,\"messages\":[%s]}";
    question = question.formatted("{\"role\":\"user\",\"content\":\"Hi\"}");
    HttpReply chat = ask("POST", "/v1/chat/completions", Map.of(), question);
    assertThat(chat.headers().get("x-request-id")).isEqualTo(body(chat).path("id").textValue());
    HttpReply message = ask("POST", "/v1/messages", Map.of(), question);
    assertThat(message.headers().get("request-id")).isEqualTo(body(message).path("id").textValue());
  }

  @Test
  void anAnthropicClientAtTheRootFindsModelsInItsShape() throws Exception {
    Map<String, String> anthropic = Map.of("anthropic-version", "2023-06-01");
    HttpReply list = ask("GET", "/v1/models?limit=20", anthropic, null);
    assertThat(body(list))
        .isEqualTo(body(ask("GET", "/anthropic/v1/models", Map.of(), null)))
        .isNotEqualTo(body(ask("GET", "/v1/models", Map.of(), null)));
    assertThat(body(ask("GET", "/v1/models/parrot", anthropic, null)).path("type").textValue())
        .isEqualTo("model");
    HttpReply unknown = ask("GET", "/v1/models/none", anthropic, null);
    assertThat(body(unknown).path("error").path("type").textValue()).isEqualTo("not_found_error");
  }

  /** The expressions are those by which clients know the error and find the numbers. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | 9000 | 4    | maximum context length is (8192) tokens",
        "/chat/completions    | 9000 | 4    | maximum context length is (8192) tokens",
        "/v1/messages         | 9000 | 4    | prompt is too long: \\d+ tokens > (8192) maximum",
        "/v1/messages         | 3    | 9000 | `max_tokens` exceed context limit: \\d+ \\+ 9000 >"
            + " (8192)"
      })
  void aPromptThatDoesNotFitIsToldInTheWordsThatClientsKnow(
      String path, int words, int maxTokens, String known) throws Exception {
    String question =
        "{\"model\":\"parrot\",\"max_tokens\":%d,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    HttpReply reply =
        ask("POST", path, Map.of(), question.formatted(maxTokens, "w ".repeat(words)));
    assertThat(reply.status()).isEqualTo(400);
    assertThat(body(reply).path("error").path("message").textValue())
        .containsPattern(Pattern.compile(known));
  }
}
