package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forward authentication, and paths that are none. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class VerifyRouteTest extends LiveService {

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
}
