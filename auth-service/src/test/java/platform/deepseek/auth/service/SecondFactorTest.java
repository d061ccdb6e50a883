package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.factor.PhoneApp;

/** What an administrator has to show who is not on the machine itself. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class SecondFactorTest extends LiveService {

  private static final String HERE = "203.0.113.9";

  @ConfigProperty(name = "quarkus.management.test-port")
  int managementPort;

  /** An administrator's key and the address that their app has scanned. */
  private record Administrator(Made made, String uri, long enrolledAt) {
    String code(int stepsLater) {
      return "{\"code\":\"%s\"}".formatted(PhoneApp.code(uri, enrolledAt + stepsLater));
    }
  }

  private Administrator enrolled() throws IOException {
    Made made = key("admin", Map.of());
    String uri =
        admin()
            .post("/v1/admin/users/" + made.user() + "/second-factor")
            .then()
            .statusCode(201)
            .extract()
            .path("uri");
    return new Administrator(made, uri, PhoneApp.currentStep());
  }

  @Test
  void aKeyAloneOpensNothing() throws Exception {
    Administrator ann = enrolled();
    try (Elsewhere client = new Elsewhere(ann.made().key(), HERE)) {
      for (String path : new String[] {"tenants", "keys", "usage", "elevations"}) {
        Elsewhere.Reply reply = client.get("/v1/admin/" + path);
        assertThat(reply.status()).as(path).isEqualTo(401);
        assertThat(reply.code()).isEqualTo("second_factor_required");
        assertThat(reply.header("www-authenticate"))
            .isEqualTo(
                "Bearer error=\"insufficient_user_authentication\","
                    + " error_description=\"A second factor is required\", max_age=\"900\"");
      }
      assertThat(
              client.post("/v1/admin/users/" + ann.made().user() + "/second-factor", "").status())
          .as("who stole a key enrols no app with it")
          .isEqualTo(401);
    }
  }

  @Test
  void theFirstCodeConfirmsAndElevatesTheKeyAtThatAddressAlone() throws Exception {
    Administrator ann = enrolled();
    try (Elsewhere client = new Elsewhere(ann.made().key(), HERE);
        Elsewhere other = new Elsewhere(ann.made().key(), "203.0.113.10")) {
      assertThat(client.post("/v1/admin/elevations", ann.code(0)).code())
          .isEqualTo("second_factor_missing");
      Elsewhere.Reply confirmed = client.post("/v1/admin/second-factor/confirmation", ann.code(0));
      assertThat(confirmed.status()).as("%s", confirmed.body()).isEqualTo(201);
      assertThat(confirmed.body().get("recoveryCodes")).hasSize(10);
      assertThat(confirmed.body().get("elevation").get("address").textValue()).isEqualTo(HERE);
      assertThat(client.get("/v1/admin/tenants").status()).isEqualTo(200);
      assertThat(other.get("/v1/admin/tenants").code()).isEqualTo("second_factor_required");
      assertThat(client.get("/v1/admin/second-factor").body().get("recoveryCodesLeft").intValue())
          .isEqualTo(10);
    }
  }

  @Test
  void anElevationHoldsForDecisionsToo() throws Exception {
    Administrator ann = enrolled();
    ObjectNode question = (ObjectNode) example("decision-look-request");
    question.put("credential", ann.made().key()).put("clientAddress", HERE);
    JsonNode denied = decide(question);
    assertThat(denied.get("code").textValue()).isEqualTo("second_factor_required");
    assertThat(denied.get("headers").get("www-authenticate").textValue())
        .startsWith("Bearer error=\"insufficient_user_authentication\"");
    try (Elsewhere client = new Elsewhere(ann.made().key(), HERE)) {
      client.post("/v1/admin/second-factor/confirmation", ann.code(0));
    }
    assertThat(decide(question).get("allow").booleanValue()).isTrue();
  }

  @Test
  void anElevationEndsWhenItIsRevoked() throws Exception {
    Administrator ann = enrolled();
    try (Elsewhere client = new Elsewhere(ann.made().key(), HERE)) {
      String id =
          client
              .post("/v1/admin/second-factor/confirmation", ann.code(0))
              .body()
              .at("/elevation/id")
              .textValue();
      assertThat(client.get("/v1/admin/elevations").body().toString()).contains(id);
      admin().delete("/v1/admin/elevations/" + id).then().statusCode(204);
      soon()
          .untilAsserted(() -> assertThat(client.get("/v1/admin/tenants").status()).isEqualTo(401));
      assertThat(client.post("/v1/admin/elevations", ann.code(1)).status()).isEqualTo(201);
      assertThat(client.get("/v1/admin/tenants").status()).isEqualTo(200);
      assertThat(client.send("DELETE", "/v1/admin/elevations/current", "").status()).isEqualTo(204);
      soon()
          .untilAsserted(() -> assertThat(client.get("/v1/admin/tenants").status()).isEqualTo(401));
      admin().delete("/v1/admin/elevations/none").then().statusCode(404);
    }
  }

  @Test
  void guessingIsToldToWaitAndCounted() throws Exception {
    Administrator ann = enrolled();
    try (Elsewhere client = new Elsewhere(ann.made().key(), HERE)) {
      client.post("/v1/admin/second-factor/confirmation", ann.code(0));
      assertThat(client.post("/v1/admin/elevations", ann.code(0)).code())
          .isEqualTo("second_factor_used");
      double wrongBefore = shown("wrong");
      for (int i = 0; i < 5; i++) {
        Elsewhere.Reply wrong = client.post("/v1/admin/elevations", "{\"code\":\"not a code\"}");
        assertThat(wrong.status()).isEqualTo(401);
        assertThat(wrong.code()).isEqualTo("invalid_second_factor");
      }
      Elsewhere.Reply locked = client.post("/v1/admin/elevations", ann.code(1));
      assertThat(locked.status()).isEqualTo(429);
      assertThat(locked.code()).isEqualTo("second_factor_locked");
      assertThat(Integer.parseInt(locked.header("retry-after"))).isBetween(1, 30);
      assertThat(shown("wrong")).isEqualTo(wrongBefore + 5);
      assertThat(shown("locked")).isPositive();
      JsonNode status =
          JSON.readTree(
              admin().get("/v1/admin/users/" + ann.made().user() + "/second-factor").asString());
      assertThat(status.get("failures").intValue()).isEqualTo(5);
      assertThat(status.has("lockedUntil")).isTrue();
      admin()
          .delete("/v1/admin/users/" + ann.made().user() + "/second-factor")
          .then()
          .statusCode(204);
      assertThat(client.post("/v1/admin/elevations", ann.code(1)).code())
          .isEqualTo("second_factor_missing");
    }
  }

  @Test
  void aLostAppIsReplacedByARecoveryCode() throws Exception {
    Administrator ann = enrolled();
    try (Elsewhere client = new Elsewhere(ann.made().key(), HERE);
        Elsewhere other = new Elsewhere(ann.made().key(), "203.0.113.11")) {
      JsonNode codes =
          client
              .post("/v1/admin/second-factor/confirmation", ann.code(0))
              .body()
              .get("recoveryCodes");
      String recovery = "{\"code\":\"%s\"}".formatted(codes.get(3).textValue());
      Elsewhere.Reply elevated = other.post("/v1/admin/elevations", recovery);
      assertThat(elevated.body().path("method").textValue()).isEqualTo("recovery");
      Elsewhere.Reply fresh =
          other.post("/v1/admin/users/" + ann.made().user() + "/second-factor", "");
      assertThat(fresh.status()).isEqualTo(201);
      String code = PhoneApp.code(fresh.body().get("uri").textValue(), PhoneApp.currentStep());
      assertThat(
              other
                  .post("/v1/admin/second-factor/confirmation", "{\"code\":\"%s\"}".formatted(code))
                  .status())
          .isEqualTo(201);
      assertThat(other.post("/v1/admin/elevations", recovery).code())
          .isEqualTo("invalid_second_factor");
      assertThat(other.post("/v1/admin/second-factor/recovery-codes", "").status()).isEqualTo(201);
    }
  }

  @Test
  void onlyAdministratorsHaveASecondFactor() throws IOException {
    Made developer = key("developer", Map.of());
    admin().post("/v1/admin/users/" + developer.user() + "/second-factor").then().statusCode(409);
    with(developer.key())
        .body("{\"code\":\"123456\"}")
        .post("/v1/admin/elevations")
        .then()
        .statusCode(403);
    admin().body("{\"code\":\"123456\"}").post("/v1/admin/elevations").then().statusCode(409);
  }

  private double shown(String outcome) {
    return given()
        .port(managementPort)
        .get("/q/metrics")
        .asString()
        .lines()
        .filter(
            line ->
                line.startsWith(
                    "deepseek_auth_second_factors_total{outcome=\"%s\"}".formatted(outcome)))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
