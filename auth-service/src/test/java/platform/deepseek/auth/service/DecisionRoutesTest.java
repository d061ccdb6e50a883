package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static platform.deepseek.auth.Await.soon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decisions and settlements, as the contract says them. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class DecisionRoutesTest extends LiveService {

  @Test
  void anAllowedRequestIsAnsweredAndSettledAsTheContractSays() throws IOException {
    Made made = key("developer", Map.of("limits", Map.of("tokensPerMinute", 100_000)));
    JsonNode allow = decide("decision-request", made.key());
    requireSameShape(example("decision-allow"), allow);
    assertThat(allow.get("tenant").textValue()).isEqualTo(made.tenant());
    assertThat(allow.get("user").textValue()).isEqualTo(made.user());
    assertThat(allow.get("credential").textValue()).isEqualTo(made.id());
    assertThat(allow.get("maxTokens").longValue()).isEqualTo(800);
    assertThat(allow.get("headers").get("x-ratelimit-remaining-tokens").textValue())
        .isEqualTo("99080");
    requireSameShape(example("settlement-reply"), settle(allow, 200));
    assertThat(settle(allow, 200).get("first").booleanValue()).isFalse();
    JsonNode look = decide("decision-look-request", made.key());
    requireSameShape(example("decision-look-allow"), look);
  }

  @Test
  void aRefusedRequestIsAnsweredAsTheContractSays() throws IOException {
    JsonNode unknown =
        decide("decision-request", example("decision-request").get("credential").textValue());
    assertThat(unknown).isEqualTo(example("decision-deny-401"));

    Made poor = key("developer", Map.of("limits", Map.of("tokensPerDay", 100)));
    JsonNode spent = decide("decision-request", poor.key());
    requireSameShape(example("decision-deny-402"), spent);
    assertThat(spent.get("status")).isEqualTo(example("decision-deny-402").get("status"));
    assertThat(spent.get("message")).isEqualTo(example("decision-deny-402").get("message"));

    Made narrow = key("developer", Map.of("models", List.of("other")));
    JsonNode model = decide("decision-request", narrow.key());
    requireSameShape(example("decision-deny-403"), model);
    assertThat(model.get("code").textValue()).isEqualTo("model_not_allowed");

    Made slow = key("developer", Map.of("limits", Map.of("requestsPerSecond", 1)));
    JsonNode last = decide("decision-request", slow.key());
    for (int i = 0; i < 20 && last.get("allow").booleanValue(); i++) {
      last = decide("decision-request", slow.key());
    }
    requireSameShape(example("decision-deny-429"), last);
    assertThat(last.get("code").textValue()).isEqualTo("rate_limit_exceeded");
    assertThat(last.get("retryAfterSeconds").intValue()).isEqualTo(1);
  }

  @Test
  void whoSomebodyIsIsToldWithoutCountingARequest() throws IOException {
    Made made = key("developer", Map.of("limits", Map.of("requestsPerSecond", 1)));
    for (int i = 0; i < 3; i++) {
      requireSameShape(
          example("decision-identify-allow"), decide("decision-identify-request", made.key()));
    }
    assertThat(decide("decision-look-request", made.key()).get("allow").booleanValue()).isTrue();
    assertThat(
            decide(
                "decision-identify-request",
                example("decision-identify-request").get("credential").textValue()))
        .isEqualTo(example("decision-deny-401"));
  }

  @Test
  void theBalanceIsWhatTheBookLeavesOfTheSmallestBudgetInMoney() throws IOException {
    String model = UUID.randomUUID().toString();
    admin()
        .body(
            Map.of("model", model, "prompt", 2_000_000, "cached", 500_000, "completion", 4_000_000))
        .put("/v1/admin/prices")
        .then()
        .statusCode(200);
    Made made =
        key(
            "developer",
            Map.of("limits", Map.of("tokensPerDay", 1_000, "moneyPerDay", 10_000_000)));
    admin()
        .body(Map.of("moneyPerMonth", 500_000_000))
        .put("/v1/admin/limits/tenant/" + made.tenant())
        .then()
        .statusCode(200);
    JsonNode fresh = balance(made.key());
    requireSameShape(example("balance-allow"), fresh);
    assertThat(fresh.at("/funds/0/total").textValue()).isEqualTo("10.00");
    assertThat(fresh.get("budgets")).hasSize(3);

    ObjectNode question = (ObjectNode) example("decision-request");
    question.put("credential", made.key()).put("model", model);
    JsonNode charged = settle(decide(question), 200);
    // 56 of the prompt at 2, 64 of it from the cache at 0.5, 310 of the answer at 4.
    assertThat(charged.get("chargedMoney").longValue()).isEqualTo(112 + 32 + 1_240);
    JsonNode used = balance(made.key());
    assertThat(used.at("/funds/0").toString())
        .isEqualTo(
            "{\"currency\":\"USD\",\"total\":\"9.99\",\"granted\":\"9.99\",\"toppedUp\":\"0.00\"}");
    assertThat(used.get("budgets").toString())
        .contains("\"measure\":\"moneyPerDay\",\"limit\":10000000,\"used\":1384,\"left\":9998616")
        .contains("\"measure\":\"tokensPerDay\",\"limit\":1000,\"used\":430,\"left\":570")
        .contains(
            "\"level\":\"tenant\",\"measure\":\"moneyPerMonth\",\"limit\":500000000,\"used\":1384");
    assertThat(used.get("available").booleanValue()).isTrue();

    setLimits(made, Map.of("moneyPerDay", 1_000));
    soon()
        .untilAsserted(
            () -> {
              JsonNode spent = balance(made.key());
              assertThat(spent.get("available").booleanValue()).isFalse();
              assertThat(spent.at("/funds/0/total").textValue()).isEqualTo("0.00");
            });
  }

  @Test
  void whoHasNoBudgetInMoneyHasNoFundsAndIsNotHeldUp() throws IOException {
    JsonNode balance = balance(key("developer", Map.of()).key());
    assertThat(balance.toString())
        .isEqualTo("{\"allow\":true,\"available\":true,\"funds\":[],\"budgets\":[]}");
    assertThat(balance(example("balance-request").get("credential").textValue()))
        .isEqualTo(example("decision-deny-401"));
  }

  private void setLimits(Made made, Map<String, Integer> limits) throws IOException {
    admin().body(limits).put("/v1/admin/limits/key/" + made.id()).then().statusCode(200);
  }

  private static JsonNode balance(String key) throws IOException {
    ObjectNode body = (ObjectNode) example("balance-request");
    Response response =
        given()
            .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
            .body(body.put("credential", key).toString())
            .post("/v1/balances");
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
    return JSON.readTree(response.asString());
  }

  @Test
  void aGuestMayAskTenTimesASecond() throws IOException {
    Made guest = key("guest", Map.of());
    JsonNode allow = decide("decision-look-request", guest.key());
    assertThat(allow.get("headers").get("x-ratelimit-limit-requests").textValue()).isEqualTo("10");
    assertThat(allow.get("headers").get("x-ratelimit-remaining-requests").textValue())
        .isEqualTo("9");
  }

  @Test
  void onlyServicesMayAskForDecisions() throws IOException {
    for (String secret : List.of("", "another secret of theirs", RealParts.SERVICE_KEY + "x")) {
      Response response =
          given()
              .header("x-deepseek-service-key", secret)
              .contentType("application/json")
              .body(example("decision-request").toString())
              .post("/v1/decisions");
      assertThat(response.statusCode()).isEqualTo(401);
      assertThat(JSON.readTree(response.asString())).isEqualTo(example("error"));
    }
    assertThat(given().post("/v1/settlements/x").statusCode()).isEqualTo(401);
    assertThat(given().post("/v1/renewals/x").statusCode()).isEqualTo(401);
    assertThat(given().post("/v1/balances").statusCode()).isEqualTo(401);
    assertThat(
            given()
                .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
                .body(example("settlement-request").toString())
                .post("/v1/settlements/Zm9yZ2Vk.Y29kZQ")
                .statusCode())
        .isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{                                          | invalid_json",
        "[]                                         | invalid_json",
        "{\"path\":\"/\",\"path\":\"/v1\"}          | invalid_json",
        "{\"clientAddress\":\"10.1.2.3\"}           | missing_required_parameter",
        "{\"clientAdress\":\"10.1.2.3\"}            | unknown_parameter",
        "{\"clientAddress\":\"here\",\"method\":\"GET\",\"path\":\"/\"} | invalid_value",
        "{\"clientAddress\":7,\"method\":\"GET\",\"path\":\"/\"}        | invalid_value",
        "{\"clientAddress\":\"::1\",\"method\":\"GET\",\"path\":\"/\",\"maxTokens\":-1} | invalid_value",
        "{\"clientAddress\":\"::1\",\"method\":\"GET\",\"path\":\"/\",\"maxTokens\":1.5} | invalid_value",
        "{\"clientAddress\":\"::1\",\"method\":\"GET\",\"path\":\"/\",\"maxTokens\":9000001} | invalid_value"
      })
  void whatIsNoQuestionIsToldSo(String body, String code) {
    given()
        .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
        .body(body)
        .post("/v1/decisions")
        .then()
        .statusCode(400)
        .body("error.code", equalTo(code));
  }

  @Test
  void aRevokedKeyThatWasKnownIsRefused() throws IOException {
    Made made = key("developer", Map.of());
    assertThat(decide("decision-look-request", made.key()).get("allow").booleanValue()).isTrue();
    admin().delete("/v1/admin/keys/" + made.id()).then().statusCode(204);
    soon()
        .untilAsserted(
            () ->
                assertThat(decide("decision-look-request", made.key()).get("code").textValue())
                    .isEqualTo("key_revoked"));
  }

  @Test
  void aKeyIsBoundToItsAddresses() throws IOException {
    Made made = key("developer", Map.of("addresses", List.of("203.0.113.0/24")));
    ObjectNode body = (ObjectNode) example("decision-request");
    body.put("credential", made.key());
    assertThat(decide(body).get("allow").booleanValue()).isTrue();
    body.putArray("forwardedFor").add("203.0.113.9, 198.51.100.7");
    assertThat(decide(body).get("code").textValue()).isEqualTo("address_not_allowed");
    body.put("clientAddress", "198.51.100.7").putArray("forwardedFor").add("203.0.113.9");
    assertThat(decide(body).get("code").textValue()).isEqualTo("address_not_allowed");
  }
}
