package platform.deepseek.inference.api.authorization;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.api.contract.Examples.AUTH_SERVICE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.Endpoint.Call;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.Port;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/** The whole service with auth-service as its contract has it, at every address. */
@QuarkusTest
@TestProfile(AuthorizedServiceTest.Authorized.class)
class AuthorizedServiceTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String CHAT = "/v1/chat/completions";
  private static final String ON_AND_ON =
      "{\"model\":\"parrot\",\"prompt\":[5,6,7],\"max_tokens\":4000,\"stream\":true}";

  /** The parrot behind auth-service, which has all the time that a busy machine needs. */
  public static final class Authorized extends ParrotProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
      overrides.remove("deepseek.api-key");
      overrides.put("deepseek.auth.url", "http://127.0.0.1:" + Port.free());
      overrides.put("deepseek.auth.patience", "1m");
      overrides.put("deepseek.auth.renewal-interval", "200ms");
      return overrides;
    }
  }

  @ConfigProperty(name = "deepseek.auth.url")
  URI address;

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;
  @Inject Authorization authorization;

  private final String key = "sk-" + UUID.randomUUID();
  private PlayedAuth auth;

  @BeforeEach
  void listen() throws IOException {
    auth = new PlayedAuth(address);
  }

  @AfterEach
  void settleAll() {
    parrot.pace(0);
    parrot.goOn();
    AuthService service = authorization.service().orElseThrow();
    Await.until(SOON, "all is settled", () -> service.open() + service.waiting() == 0);
    auth.close();
  }

  static List<Call> calls() {
    return Endpoint.calls();
  }

  private HttpReply ask(Endpoint endpoint, boolean stream) throws IOException {
    return ask(endpoint.path, endpoint.request("Hello", 50, stream));
  }

  private HttpReply ask(String path, String body) throws IOException {
    try (RawConnection client = new RawConnection(server)) {
      client.post(path, key, body);
      return client.reply();
    }
  }

  private HttpReply get(String method, String path) throws IOException {
    try (RawConnection client = new RawConnection(server)) {
      client.send(method, path, Map.of("authorization", "Bearer " + key), null);
      return client.reply();
    }
  }

  @Test
  void withoutTheTenantsWishNoPromptIsHandedOver() throws IOException {
    String marker = "marker-" + UUID.randomUUID();
    String body =
        "{\"model\":\"parrot\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    assertThat(ask(CHAT, body.formatted(marker)).status()).isEqualTo(200);
    settlement();
    assertThat(auth.prompts()).isEmpty();
    assertThat(auth.questions()).isNotEmpty();
    assertThat(auth.questions() + " " + auth.settlements()).doesNotContain(marker);
  }

  @Test
  void aTenantsAuditGetsTheBeginningOfARequestBeforeItIsAnswered() throws IOException {
    auth.decides(
        question -> {
          ObjectNode answer = auth.allow(question);
          return question.has("model") ? answer.put("promptBytes", 19) : answer;
        });
    String body = "{\"prompt\":\"Hi 你好你好\",\"model\":\"parrot\",\"max_tokens\":2}";
    assertThat(ask("/v1/completions", body).status()).isEqualTo(200);
    settlement();
    ObjectNode kept = auth.prompts().values().iterator().next();
    // Nineteen bytes end within a character, which is left out whole.
    assertThat(kept.get("text").textValue()).isEqualTo("{\"prompt\":\"Hi 你");
    assertThat(kept.get("length").intValue())
        .isEqualTo(body.getBytes(StandardCharsets.UTF_8).length);
    assertThat(auth.prompts().keySet()).isEqualTo(auth.settlements().keySet());
  }

  @Test
  void aRequestThatTheAuditCannotKeepIsNotAnswered() throws IOException {
    auth.decides(question -> auth.allow(question).put("promptBytes", 1_000));
    auth.takesNoPrompts();
    HttpReply reply =
        ask(CHAT, "{\"model\":\"parrot\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.body()).contains("authorization_unavailable").contains("audit");
    assertThat(settlement().get("outcome").textValue()).isEqualTo("failed");
  }

  private JsonNode settlement() {
    Await.until(SOON, "it is settled", () -> auth.settlements().size() == 1);
    return auth.settlements().values().iterator().next();
  }

  private static ObjectNode denied(ObjectNode question, String example) {
    // Who somebody is says nothing yet of what they have left.
    return question.path("identify").asBoolean()
        ? AUTH_SERVICE.read("decision-identify-allow")
        : AUTH_SERVICE.read(example);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aRequestIsGrantedAnsweredAndSettled(Call call) throws IOException {
    HttpReply reply = ask(call.endpoint(), call.stream());
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    assertThat(reply.headers())
        .containsEntry("x-ratelimit-limit-requests", "500")
        .containsEntry("x-ratelimit-remaining-tokens", "99080")
        .doesNotContainKey("x-deepseek-max-tokens");
    assertThat(auth.questions()).hasSize(2);
    ObjectNode asked = auth.questions().getLast();
    assertThat(asked.get("credential").textValue()).isEqualTo(key);
    assertThat(asked.get("path").textValue()).isEqualTo(call.endpoint().path);
    assertThat(asked.get("model").textValue()).isEqualTo("parrot");
    assertThat(asked.get("maxTokens").intValue()).isEqualTo(50);
    JsonNode settled = settlement();
    assertThat(settled.get("outcome").textValue()).isEqualTo("completed");
    assertThat(settled.get("promptTokens")).isEqualTo(asked.get("promptTokens"));
    assertThat(settled.get("completionTokens").intValue()).isBetween(1, 50);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aBudgetEndsAnAnswerAsALimitDoes(Call call) throws IOException {
    auth.decides(question -> auth.allow(question).put("maxTokens", 2));
    HttpReply reply =
        ask(
            call.endpoint().path,
            call.endpoint().request("one two three four five", 50, call.stream()));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.headers()).containsEntry("x-deepseek-max-tokens", "2");
    assertThat(reply.body())
        .contains(
            switch (call.endpoint().dialect) {
              case OPENAI, DEEPSEEK -> "\"finish_reason\":\"length\"";
              case ANTHROPIC -> "\"stop_reason\":\"max_tokens\"";
              case RESPONSES -> "\"incomplete_details\":{\"reason\":\"max_output_tokens\"}";
            });
    assertThat(settlement().get("completionTokens").intValue()).isEqualTo(2);
  }

  @Test
  void aSmallBudgetIsSharedByAllChoices() throws IOException {
    auth.decides(question -> auth.allow(question).put("maxTokens", 8));
    HttpReply reply =
        ask(
            "/v1/completions",
            "{\"model\":\"parrot\",\"prompt\":[1,2],\"n\":4,\"max_tokens\":100}");
    assertThat(auth.questions().getLast().get("maxTokens").intValue()).isEqualTo(400);
    assertThat(JSON.readTree(reply.body()).at("/usage/completion_tokens").intValue()).isEqualTo(8);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aRefusalHasTheShapeOfItsAddress(Call call) throws IOException {
    auth.decides(question -> denied(question, "decision-deny-429"));
    HttpReply reply = ask(call.endpoint(), call.stream());
    assertThat(reply.status()).isEqualTo(429);
    assertThat(reply.headers())
        .containsEntry("retry-after", "1")
        .containsEntry("x-ratelimit-remaining-requests", "0");
    String message = AUTH_SERVICE.read("decision-deny-429").get("message").textValue();
    assertThat(JSON.readTree(reply.body()).at("/error/message").textValue()).isEqualTo(message);
    assertThat(JSON.readTree(reply.body()).at("/error/type").textValue())
        .isEqualTo("rate_limit_error");
    assertThat(model.engine().stats().waiting()).isZero();
    assertThat(auth.settlements()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "402, budget_exhausted, invalid_request_error, billing_error",
    "403, model_not_allowed, invalid_request_error, permission_error",
    "401, invalid_api_key, invalid_request_error, authentication_error"
  })
  void otherRefusalsHaveTheirStatusToo(int status, String code, String type, String anthropic)
      throws IOException {
    auth.decides(question -> denied(question, "decision-deny-" + status));
    HttpReply openAi = ask(Endpoint.OPENAI_CHAT, true);
    assertThat(openAi.status()).isEqualTo(status);
    assertThat(JSON.readTree(openAi.body()).at("/error/code").textValue()).isEqualTo(code);
    assertThat(JSON.readTree(openAi.body()).at("/error/type").textValue()).isEqualTo(type);
    HttpReply messages = ask(Endpoint.MESSAGES, true);
    assertThat(messages.status()).isEqualTo(status);
    assertThat(JSON.readTree(messages.body()).at("/error/type").textValue()).isEqualTo(anthropic);
  }

  @Test
  void whoIsNobodyIsToldBeforeTheBodyIsRead() throws IOException {
    auth.decides(question -> AUTH_SERVICE.read("decision-deny-401"));
    try (RawConnection client = new RawConnection(server)) {
      client.send(
          "POST",
          CHAT,
          Map.of("authorization", "Bearer nobody", "content-length", "9000000"),
          null);
      RawConnection.Head head = client.head();
      assertThat(head.status()).isEqualTo(401);
      assertThat(head.headers()).containsEntry("www-authenticate", "Bearer");
    }
    assertThat(auth.questions()).hasSize(1);
  }

  /** Or anybody could have auth-service counted as away. */
  @ParameterizedTest
  @CsvSource({
    "credential, 401, invalid_api_key",
    "forwardedFor, 400, malformed_request",
    "method, 400, malformed_request",
    "path, 400, malformed_request",
    "model, 503, authorization_unavailable"
  })
  void whatAuthServiceCannotReadOfARequestIsTheRequestsFault(String param, int status, String code)
      throws IOException {
    auth.decides(
        question -> {
          ObjectNode body = AUTH_SERVICE.read("error");
          ObjectNode error = (ObjectNode) body.get("error");
          error.put("code", "invalid_value").put("param", param);
          return body;
        });
    HttpReply reply = get("GET", "/v1/models");
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(JSON.readTree(reply.body()).at("/error/code").textValue()).isEqualTo(code);
  }

  @Test
  void twoKeysThatDifferAreNone() throws IOException {
    try (RawConnection client = new RawConnection(server)) {
      client.send("GET", "/v1/models", Map.of("authorization", "Bearer a", "x-api-key", "b"), null);
      HttpReply reply = client.reply();
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.body()).contains("ambiguous_credential");
    }
    assertThat(auth.questions()).isEmpty();
  }

  @Test
  void whoAsksAgainIsKnownAndStillDecided() throws IOException {
    ask(Endpoint.OPENAI_CHAT, false);
    ask(Endpoint.OPENAI_CHAT, false);
    assertThat(auth.questions())
        .extracting(each -> each.path("identify").asBoolean())
        .containsExactly(true, false, false);
    auth.decides(question -> AUTH_SERVICE.read("decision-deny-401"));
    assertThat(ask(Endpoint.OPENAI_CHAT, false).status()).isEqualTo(401); // revoked meanwhile
  }

  @Test
  void aRouteWithoutTokensIsDecidedEachTime() throws IOException {
    HttpReply first = get("GET", "/v1/models");
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.headers()).containsEntry("x-ratelimit-remaining-requests", "499");
    assertThat(get("GET", "/user/balance").body())
        .isEqualTo(
            "{\"is_available\":true,\"balance_infos\":[{\"currency\":\"USD\","
                + "\"total_balance\":\"7.49\",\"granted_balance\":\"7.49\","
                + "\"topped_up_balance\":\"0.00\"}]}");
    assertThat(ask("/tokenize", "{\"prompt\":\"Hello\"}").status()).isEqualTo(200);
    assertThat(auth.questions()).hasSize(3).noneMatch(question -> question.has("model"));
  }

  @Test
  void aRouteThatAuthServiceDoesNotKnowIsThereForNobody() throws IOException {
    auth.decides(
        question ->
            AUTH_SERVICE.read("decision-deny-403").put("status", 404).put("code", "unknown_url"));
    assertThat(get("GET", "/v1/models").status()).isEqualTo(404);
    assertThat(ask(Endpoint.OPENAI_CHAT, false).status()).isEqualTo(404);
    assertThat(get("GET", CHAT).status()).isEqualTo(405);
    assertThat(get("GET", "/nowhere").status()).isEqualTo(404);
  }

  @Test
  void tenantsShareNoPrefixes() throws IOException {
    String prompt = "{\"model\":\"parrot\",\"prompt\":\"%s\",\"max_tokens\":1}";
    String body = prompt.formatted("the same beginning ".repeat(20));
    assertThat(cached(ask("/v1/completions", body))).isZero();
    assertThat(cached(ask("/v1/completions", body))).isPositive();
    auth.decides(question -> auth.allow(question).put("cacheSalt", "another tenant's"));
    assertThat(cached(ask("/v1/completions", body))).isZero();
  }

  private static int cached(HttpReply reply) throws IOException {
    return JSON.readTree(reply.body()).at("/usage/prompt_tokens_details/cached_tokens").asInt();
  }

  @Test
  void aClientThatLeavesPaysForWhatItGot() throws IOException {
    parrot.pace(5_000_000);
    int seen = 0;
    try (RawConnection client = new RawConnection(server)) {
      client.post("/v1/completions", key, ON_AND_ON);
      client.head();
      for (; seen < 5; seen++) {
        assertThat(client.chunk()).isNotNull();
      }
    }
    JsonNode settled = settlement();
    assertThat(settled.get("outcome").textValue()).isEqualTo("cancelled");
    assertThat(settled.get("promptTokens").intValue()).isEqualTo(3);
    assertThat(settled.get("completionTokens").intValue()).isBetween(seen - 1, 3_999);
  }

  @Test
  void anAnswerThatFailsCostsNothing() throws IOException {
    parrot.failNext();
    assertThat(ask(Endpoint.OPENAI_CHAT, true).status()).isEqualTo(503);
    assertThat(settlement().get("outcome").textValue()).isEqualTo("failed");
  }

  @Test
  void aLongAnswerRenewsItsReservationUntilItEnds() throws IOException {
    parrot.pace(5_000_000);
    try (RawConnection first = new RawConnection(server);
        RawConnection second = new RawConnection(server)) {
      String ended = renewedTwice(first, "r1");
      first.close();
      settlement();
      // Whatever was under way has come before the first renewals of another one.
      String runs = renewedTwice(second, "r2");
      long last = renewals(ended);
      long begun = renewals(runs);
      Await.until(SOON, "the other one is renewed on", () -> renewals(runs) >= begun + 2);
      assertThat(renewals(ended)).isEqualTo(last);
    }
  }

  private String renewedTwice(RawConnection client, String reservation) throws IOException {
    client.post("/v1/completions", key, ON_AND_ON);
    client.head();
    Await.until(SOON, reservation + " is renewed twice", () -> renewals(reservation) >= 2);
    return reservation;
  }

  private long renewals(String reservation) {
    return auth.renewals().stream().filter(reservation::equals).count();
  }

  @Test
  void withoutAuthServiceWhatRunsGoesOnAndIsSettledLater() throws IOException {
    parrot.holdAfter(5);
    try (RawConnection client = new RawConnection(server)) {
      client.post("/v1/completions", key, ON_AND_ON.replace("4000", "300"));
      assertThat(client.head().status()).isEqualTo(200);
      assertThat(client.chunk()).isNotNull();
      auth.close();
      HttpReply refused = ask(Endpoint.OPENAI_CHAT, true);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.headers()).containsEntry("retry-after", "2");
      assertThat(refused.body()).contains("authorization_unavailable");
      assertThat(ask(Endpoint.MESSAGES, true).body()).contains("\"type\":\"error\"");
      assertThat(get("GET", "/v1/models").status()).isEqualTo(503);
      parrot.goOn();
      String last = null;
      for (String chunk = client.chunk(); chunk != null; chunk = client.chunk()) {
        last = chunk;
      }
      assertThat(last).endsWith("data: [DONE]\n\n");
    }
    AuthService service = authorization.service().orElseThrow();
    Await.until(SOON, "it waits", () -> service.open() == 0 && service.waiting() == 1);
    auth = new PlayedAuth(address);
    assertThat(settlement().get("completionTokens").intValue()).isEqualTo(300);
    assertThat(ask(Endpoint.OPENAI_CHAT, true).status()).isEqualTo(200);
  }

  @Test
  void embeddingsAreReservedAndSettled() throws IOException {
    HttpReply reply = ask("/v1/embeddings", "{\"model\":\"parrot\",\"input\":[[1,2,3],[4,5]]}");
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    assertThat(auth.questions().getLast().get("promptTokens").intValue()).isEqualTo(5);
    assertThat(auth.questions().getLast().get("maxTokens").intValue()).isZero();
    assertThat(settlement().get("promptTokens").intValue()).isEqualTo(5);
  }
}
