package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole service on its real parts, over HTTP. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class ServiceTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @ConfigProperty(name = RealParts.KEYS_FOLDER)
  Path keysFolder;

  private RequestSpecification admin() throws IOException {
    return with(Files.readString(keysFolder.resolve("admin-key")).strip());
  }

  private static RequestSpecification with(String key) {
    return given().header("authorization", "Bearer " + key).contentType("application/json");
  }

  private String tenant() throws IOException {
    return admin()
        .body(Map.of("name", UUID.randomUUID().toString()))
        .post("/v1/admin/tenants")
        .then()
        .statusCode(201)
        .extract()
        .path("id");
  }

  private record Made(String id, String key, String tenant, String user) {}

  private Made key(String role, Map<String, Object> more) throws IOException {
    String tenant = tenant();
    String user =
        admin()
            .body(Map.of("tenant", tenant, "name", "ann", "role", role))
            .post("/v1/admin/users")
            .then()
            .statusCode(201)
            .extract()
            .path("id");
    Map<String, Object> body = new HashMap<>(more);
    body.putAll(Map.of("tenant", tenant, "user", user, "name", "k", "role", role));
    Response made = admin().body(body).post("/v1/admin/keys");
    assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
    return new Made(made.path("id"), made.path("key"), tenant, user);
  }

  private static JsonNode example(String name) throws IOException {
    try (InputStream in = ServiceTest.class.getResourceAsStream("/contract/" + name + ".json")) {
      return JSON.readTree(in);
    }
  }

  private static JsonNode decide(String example, String key) throws IOException {
    ObjectNode body = (ObjectNode) example(example);
    body.put("credential", key);
    return decide(body);
  }

  private static JsonNode decide(JsonNode body) throws IOException {
    Response response =
        given()
            .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
            .contentType("application/json")
            .body(body.toString())
            .post("/v1/decisions");
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
    return JSON.readTree(response.asString());
  }

  /** Same fields in both, of the same kinds; numbers and flags of the same kind may differ. */
  private static void requireSameShape(JsonNode example, JsonNode real) {
    assertThat(real.getNodeType()).as("%s like %s", real, example).isEqualTo(example.getNodeType());
    if (example.isObject()) {
      List<String> expected = new ArrayList<>();
      example.fieldNames().forEachRemaining(expected::add);
      List<String> got = new ArrayList<>();
      real.fieldNames().forEachRemaining(got::add);
      assertThat(got).containsExactlyInAnyOrderElementsOf(expected);
      expected.forEach(name -> requireSameShape(example.get(name), real.get(name)));
    }
  }

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

  private static JsonNode settle(JsonNode allow, int status) throws IOException {
    Response response =
        given()
            .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
            .contentType("application/json")
            .body(example("settlement-request").toString())
            .post("/v1/settlements/" + allow.get("reservation").textValue());
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(status);
    return JSON.readTree(response.asString());
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
  void aRevokedKeyIsRefusedWithinTwoSeconds() throws IOException {
    Made made = key("developer", Map.of());
    assertThat(decide("decision-look-request", made.key()).get("allow").booleanValue()).isTrue();
    admin().delete("/v1/admin/keys/" + made.id()).then().statusCode(204);
    await()
        .atMost(Duration.ofSeconds(2))
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

  @Test
  void verifyAnswersProxiesWithTheIdentityInHeaders() throws IOException {
    Made made = key("auditor", Map.of());
    given()
        .header("authorization", "Bearer " + made.key())
        .header("x-original-uri", "/logs/today?page=2")
        .header("x-original-method", "GET")
        .get("/verify")
        .then()
        .statusCode(200)
        .header("x-auth-tenant", made.tenant())
        .header("x-auth-user", made.user())
        .header("x-auth-role", "auditor");
  }

  @ParameterizedTest
  @CsvSource({
    "/logs, GET, 200",
    "/logs/../v1/admin/keys, GET, 403",
    "/logs%2f..%2fx, GET, 403",
    "/LOGS, GET, 403",
    "/logs/, GET, 403",
    "//logs, GET, 403",
    "/v1/chat/completions, POST, 403",
    "/unknown, GET, 403"
  })
  void verifyLetsAnAuditorSeeLogsAndNothingElse(String uri, String method, int status)
      throws IOException {
    Made made = key("auditor", Map.of());
    given()
        .header("x-api-key", made.key())
        .header("x-forwarded-uri", uri)
        .header("x-forwarded-method", method)
        .post("/verify")
        .then()
        .statusCode(status);
  }

  @Test
  void verifyRefusesWhatCanBeReadInTwoWays() throws IOException {
    Made made = key("auditor", Map.of());
    given()
        .header("authorization", "Bearer " + made.key(), "Bearer " + made.key() + "x")
        .header("x-original-uri", "/logs")
        .header("x-original-method", "GET")
        .get("/verify")
        .then()
        .statusCode(401);
    given()
        .header("authorization", "Bearer " + made.key())
        .header("x-api-key", "sk-another")
        .header("x-original-uri", "/logs")
        .header("x-original-method", "GET")
        .get("/verify")
        .then()
        .statusCode(401);
    given()
        .header("authorization", "Bearer " + made.key())
        .header("x-original-uri", "/logs")
        .header("x-forwarded-uri", "/v1/models")
        .header("x-original-method", "GET")
        .get("/verify")
        .then()
        .statusCode(403);
    given().get("/verify").then().statusCode(403);
    given()
        .header("x-original-uri", "/logs")
        .header("x-original-method", "GET")
        .get("/verify")
        .then()
        .statusCode(401)
        .header("www-authenticate", "Bearer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1//decisions",
        "/v1/decisions/",
        "/V1/decisions",
        "/v1/%64ecisions",
        "/v1/x/../decisions",
        "/v1/./decisions",
        "/q/health",
        "/q/metrics",
        "/q/openapi",
        "/",
        "/v1/admin",
        "/v1/admin%2fkeys"
      })
  void whatIsNoRouteIsNone(String path) throws Exception {
    // This client sends a path as it is.
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(RestAssured.baseURI + ":" + RestAssured.port + path))
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(404);
    }
  }

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
    await()
        .atMost(Duration.ofSeconds(2))
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
        .contains("," + made.id() + ",\"priced\"," + requests + ",");
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
