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
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Administration: who may do what, and what it answers. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class AdministrationTest extends LiveService {

  @Test
  void theKeysOfALocalRunAreTheirOwnersAlone() throws IOException {
    for (String file : List.of("api-key", "admin-key")) {
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(keysFolder.resolve(file))))
          .isEqualTo("rw-------");
    }
    String developer = Files.readString(keysFolder.resolve("api-key")).strip();
    assertThat(decide("decision-look-request", developer).get("role").textValue())
        .isEqualTo("developer");
    with(developer).get("/v1/admin/keys").then().statusCode(403);
  }

  @Test
  void anAdministratorFromElsewhereNeedsASecondFactor() throws IOException {
    String key = Files.readString(keysFolder.resolve("admin-key")).strip();
    assertThat(decide("decision-look-request", key).get("code").textValue())
        .isEqualTo("second_factor_required");
    admin().header("x-forwarded-for", "203.0.113.9").get("/v1/admin/keys").then().statusCode(403);
  }

  @Test
  void usageIsReportedByDayKeyAndModel() throws IOException {
    Made made = key("developer", Map.of());
    admin()
        .body(
            Map.of(
                "model", "priced", "prompt", 2_000_000, "cached", 500_000, "completion", 8_000_000))
        .put("/v1/admin/prices")
        .then()
        .statusCode(200);
    ObjectNode body = (ObjectNode) example("decision-request");
    body.put("credential", made.key()).put("model", "priced");
    soon()
        .untilAsserted(
            () ->
                assertThat(settle(decide(body), 200).get("chargedMoney").longValue())
                    .isEqualTo(56 * 2 + 32 + 310 * 8));
    JsonNode report =
        JSON.readTree(admin().get("/v1/admin/usage?tenant=" + made.tenant()).asString());
    JsonNode line = report.get("data").get(0);
    assertThat(line.get("key").textValue()).isEqualTo(made.id());
    assertThat(line.get("model").textValue()).isEqualTo("priced");
    long requests = line.get("requests").longValue();
    assertThat(requests).isPositive();
    assertThat(line.get("completionTokens").longValue()).isEqualTo(310 * requests);
    assertThat(admin().get("/v1/admin/usage/csv?tenant=" + made.tenant()).asString())
        .startsWith("day,tenant,user,key,model,requests,")
        .contains(",\"" + made.id() + "\",\"priced\"," + requests + ",");
    JsonNode own = JSON.readTree(with(made.key()).get("/v1/admin/usage/own").asString());
    assertThat(own.get("data").get(0).get("key").textValue()).isEqualTo(made.id());
  }

  @Test
  void aRotatedKeyAndItsSuccessorShareLimits() throws IOException {
    Made made = key("developer", Map.of("limits", Map.of("tokensPerDay", 1_000)));
    Response rotated =
        admin()
            .body(Map.of("overlapSeconds", 3_600))
            .post("/v1/admin/keys/" + made.id() + "/rotation");
    assertThat(rotated.statusCode()).isEqualTo(201);
    assertThat(decide("decision-request", made.key()).get("maxTokens").longValue()).isEqualTo(800);
    assertThat(decide("decision-request", rotated.path("key")).get("status").intValue())
        .isEqualTo(402);
    admin()
        .body(Map.of("overlapSeconds", 1))
        .post("/v1/admin/keys/" + made.id() + "/rotation")
        .then()
        .statusCode(409);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST | tenants | {}                                     | 400 | missing_required_parameter",
        "POST | tenants | {\"name\":\"\"}                        | 400 | invalid_value",
        "POST | tenants | {\"nam\":\"x\"}                        | 400 | unknown_parameter",
        "POST | tenants | {\"name\":\"platform\"}                | 409 | conflict",
        "POST | tenants | {\"name\":\"x\",\"priority\":10}       | 400 | invalid_value",
        "POST | tenants | {\"name\":[]}                          | 400 | invalid_value",
        "POST | tenants | {\"name\"                              | 400 | invalid_json",
        "POST | keys    | {\"tenant\":\"none\",\"name\":\"k\",\"role\":\"guest\"}  | 400 | invalid_value",
        "POST | keys    | {\"tenant\":\"none\",\"name\":\"k\",\"role\":\"root\"}   | 400 | invalid_value",
        "POST | keys    | {\"tenant\":\"x\",\"name\":\"k\",\"role\":\"guest\",\"addresses\":[\"10.0.0.1/8\"]} | 400 | invalid_value",
        "POST | keys    | {\"tenant\":\"x\",\"name\":\"k\",\"role\":\"guest\",\"scopes\":[\"all\"]} | 400 | invalid_value",
        "POST | keys    | {\"tenant\":\"x\",\"name\":\"k\",\"role\":\"guest\",\"expiresAt\":\"2020-01-01T00:00:00Z\"} | 400 | invalid_value",
        "PUT  | limits/platform/all | {\"requestsPerMinute\":1}  | 400 | unknown_parameter",
        "PUT  | limits/platform/all | {\"tokensPerDay\":-1}      | 400 | invalid_value",
        "PUT  | limits/tenant/none  | {\"tokensPerDay\":1}       | 404 | not_found",
        "PUT  | limits/galaxy/all   | {\"tokensPerDay\":1}       | 404 | not_found",
        "PUT  | prices  | {\"model\":\"m\",\"prompt\":1,\"cached\":2,\"completion\":1} | 400 | invalid_value",
        "DELETE | keys/unknown0 | {} | 404 | not_found",
        "GET  | usage?from=yesterday | {} | 400 | invalid_value",
        "GET  | nothing | {} | 404 | unknown_url"
      })
  void faultyAdministrationIsToldWhatIsWrong(
      String method, String path, String body, int status, String code) throws IOException {
    admin()
        .body(body)
        .request(method, "/v1/admin/" + path)
        .then()
        .statusCode(status)
        .body("error.code", equalTo(code));
  }

  @ParameterizedTest
  @CsvSource({
    "auditor, GET, tenants, 200",
    "auditor, POST, tenants, 403",
    "auditor, GET, users, 200",
    "auditor, POST, users, 403",
    "auditor, GET, keys, 200",
    "auditor, POST, keys, 403",
    "auditor, DELETE, keys/x, 403",
    "auditor, POST, keys/x/rotation, 403",
    "auditor, GET, limits, 200",
    "auditor, PUT, limits/platform/all, 403",
    "auditor, DELETE, limits/platform/all, 403",
    "auditor, GET, prices, 200",
    "auditor, PUT, prices, 403",
    "auditor, GET, usage, 200",
    "auditor, GET, usage/own, 403",
    "developer, GET, tenants, 403",
    "developer, GET, users, 403",
    "developer, GET, keys, 403",
    "developer, GET, limits, 403",
    "developer, GET, prices, 200",
    "developer, GET, usage, 403",
    "developer, GET, usage/own, 200",
    "guest, GET, tenants, 403",
    "guest, GET, prices, 403",
    "guest, GET, usage/own, 403"
  })
  void everyRoleMayDoWhatTheMatrixSays(String role, String method, String path, int status)
      throws IOException {
    with(key(role, Map.of()).key())
        .body("{}")
        .request(method, "/v1/admin/" + path)
        .then()
        .statusCode(status);
    given().request(method, "/v1/admin/" + path).then().statusCode(401);
  }

  @Test
  void noAnswerHoldsADigestASaltOrAnOldSecret() throws IOException {
    Made made = key("developer", Map.of());
    for (String path : List.of("keys", "keys/" + made.id(), "tenants", "users")) {
      assertThat(admin().get("/v1/admin/" + path).asString())
          .doesNotContain(made.key())
          .doesNotContain("digest")
          .doesNotContain("alt\"");
    }
  }
}
