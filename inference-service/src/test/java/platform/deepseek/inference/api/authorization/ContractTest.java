package platform.deepseek.inference.api.authorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static platform.deepseek.inference.api.contract.Examples.AUTH_SERVICE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.account.Balance;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.contract.Examples;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.ReceivedJson;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.engine.Share;

/** What is said to auth-service and understood of its answers, example by example. */
class ContractTest {

  private static final Path ORIGINALS = Path.of("../auth-service/src/test/resources/contract");

  private static Question question(ObjectNode example) {
    return new Question(
        example.get("credential").textValue(),
        example.get("clientAddress").textValue(),
        example.has("forwardedFor")
            ? List.of(example.get("forwardedFor").get(0).textValue())
            : List.of(),
        example.get("method").textValue(),
        example.get("path").textValue());
  }

  @Test
  void aGenerationIsAskedForAsTheContractSays() {
    ObjectNode example = AUTH_SERVICE.read("decision-request");
    Buffer said =
        ContractJson.generation(
            question(example), new Demand("deepseek-r1", 120, 800, "their-user-7"));
    assertThat(Examples.parse(said.toString())).isEqualTo(example);
  }

  @Test
  void aRouteWithoutTokensIsAskedForAsTheContractSays() {
    ObjectNode example = AUTH_SERVICE.read("decision-look-request");
    assertThat(Examples.parse(ContractJson.look(question(example)).toString())).isEqualTo(example);
  }

  @Test
  void whoSomebodyIsIsAskedAsTheContractSays() {
    ObjectNode example = AUTH_SERVICE.read("decision-identify-request");
    assertThat(Examples.parse(ContractJson.identification(question(example)).toString()))
        .isEqualTo(example);
  }

  @Test
  void aSettlementIsToldAsTheContractSays() {
    Buffer said = ContractJson.settlement(new Consumption(120, 64, 310), Outcome.COMPLETED);
    assertThat(Examples.parse(said.toString())).isEqualTo(AUTH_SERVICE.read("settlement-request"));
  }

  @Test
  void leaveIsUnderstood() {
    ObjectNode example = AUTH_SERVICE.read("decision-allow");
    String tenant = example.get("tenant").textValue();
    Leave allow = ContractJson.leave(example);
    String holder = tenant + "/user/" + example.get("user").textValue();
    assertThat(allow.holder()).isEqualTo(holder);
    assertThat(allow.cacheSalt()).isEqualTo(example.get("cacheSalt").textValue());
    assertThat(allow.share()).isEqualTo(new Share(tenant, 5, 20, holder, 10));
    assertThat(allow.reservation()).contains("bGlrZS10aGlz.Y29kZQ");
    assertThat(allow.maxTokens()).isEqualTo(800);
    assertThat(allow.headers()).hasSize(6).containsEntry("x-ratelimit-remaining-tokens", "99080");
  }

  @Test
  void aKeyThatIsNobodysOwnIsAHolderItself() {
    ObjectNode example = AUTH_SERVICE.read("decision-look-allow");
    example.remove("user");
    Leave allow = ContractJson.leave(example);
    assertThat(allow.holder()).isEqualTo(example.get("tenant").textValue() + "/key/aB3dE6gH");
    assertThat(allow.reservation()).isEmpty();
  }

  @Test
  void fieldsOfANewerServiceAreUsedOrPassedOver() {
    ObjectNode example = AUTH_SERVICE.read("decision-allow");
    example.put("weight", 3).put("priority", 12).put("mood", "good");
    Leave allow = ContractJson.leave(example);
    assertThat(allow.share())
        .isEqualTo(
            new Share(example.get("tenant").textValue(), Share.LOWEST, 3, allow.holder(), 10));
  }

  @Test
  void anOlderServiceThatTellsNoWeightsMakesAllEqual() {
    ObjectNode example = AUTH_SERVICE.read("decision-allow");
    example.remove("weight");
    example.remove("holderWeight");
    Leave allow = ContractJson.leave(example);
    assertThat(allow.share().weight()).isEqualTo(1);
    assertThat(allow.share().holderWeight()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "401, INVALID_API_KEY",
    "402, BUDGET_EXHAUSTED",
    "403, MODEL_NOT_ALLOWED",
    "429, RATE_LIMIT_EXCEEDED"
  })
  void aRefusalIsToldWithItsOwnCode(int status, ApiError error) {
    ObjectNode example = AUTH_SERVICE.read("decision-deny-" + status);
    ApiException failure = Refusals.of(ContractJson.denial(example).orElseThrow());
    assertThat(failure.error()).isEqualTo(error);
    assertThat(failure.error().status).isEqualTo(status);
    assertThat(failure.getMessage()).isEqualTo(example.get("message").textValue());
    assertThat(failure.retryAfter()).isEqualTo(status == 429 ? Duration.ofSeconds(1) : null);
    assertThat(failure.headers()).doesNotContainKey("retry-after");
    if (status == 429) {
      assertThat(failure.headers())
          .isEqualTo(
              Map.of(
                  "x-ratelimit-limit-requests", "1",
                  "x-ratelimit-remaining-requests", "0",
                  "x-ratelimit-reset-requests", "840ms"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "401, INVALID_API_KEY",
    "402, BUDGET_EXHAUSTED",
    "403, PERMISSION_DENIED",
    "404, UNKNOWN_URL",
    "418, PERMISSION_DENIED",
    "429, RATE_LIMIT_EXCEEDED",
    "503, AUTHORIZATION_UNAVAILABLE"
  })
  void aCodeThatIsNotKnownHereIsToldByItsStatus(int status, ApiError error) {
    Denial denial = new Denial(status, "of_tomorrow", "No.", Optional.empty(), Map.of());
    assertThat(Refusals.of(denial).error()).isEqualTo(error);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "nonsense", "{}", "[]", "null", "{\"allow\":true}", "{\"allow\":false}"})
  void anAnswerThatIsNoneLetsNobodyIn(String answer) {
    assertThatThrownBy(() -> read(ReceivedJson.parse(Buffer.buffer(answer))))
        .isInstanceOf(Unintelligible.class);
  }

  private static Object read(JsonNode answer) {
    return ContractJson.denial(answer)
        .<Object>map(denial -> denial)
        .orElseGet(() -> ContractJson.leave(answer));
  }

  @Test
  void aBalanceIsAskedForAndUnderstoodAsTheContractSays() {
    ObjectNode example = AUTH_SERVICE.read("balance-request");
    assertThat(Examples.parse(ContractJson.look(question(example)).toString())).isEqualTo(example);
    assertThat(ContractJson.balance(AUTH_SERVICE.read("balance-allow")))
        .isEqualTo(
            new Balance(
                true,
                List.of(
                    new Balance.Fund(
                        "USD",
                        new BigDecimal("7.49"),
                        new BigDecimal("7.49"),
                        new BigDecimal("0.00")))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"available\":true}",
        "{\"available\":true,\"funds\":[{\"currency\":\"USD\",\"total\":\"much\"}]}"
      })
  void aBalanceThatIsNoneIsToldToNobody(String answer) {
    assertThatThrownBy(() -> ContractJson.balance(ReceivedJson.parse(Buffer.buffer(answer))))
        .isInstanceOf(Unintelligible.class);
  }

  @Test
  void aRequestThatTheAuditKeepsIsHandedOverAsTheContractSays() {
    assertThat(ContractJson.leave(AUTH_SERVICE.read("decision-allow")).promptBytes()).isZero();
    assertThat(ContractJson.leave(AUTH_SERVICE.read("decision-allow-prompt")).promptBytes())
        .isEqualTo(65_536);
    ObjectNode example = AUTH_SERVICE.read("prompt-request");
    Buffer said =
        ContractJson.prompt(example.get("text").textValue(), example.get("length").longValue());
    assertThat(Examples.parse(said.toString())).isEqualTo(example);
  }

  @Test
  void theExamplesAreThoseOfAuthService() throws IOException {
    assumeTrue(Files.isDirectory(ORIGINALS), "this checkout has no auth-service");
    try (Stream<Path> files = Files.list(ORIGINALS)) {
      for (Path original : files.filter(file -> file.toString().endsWith(".json")).toList()) {
        assertThat(AUTH_SERVICE.folder().resolve(original.getFileName()))
            .hasSameTextualContentAs(original);
      }
    }
  }
}
