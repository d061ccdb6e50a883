package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static platform.deepseek.auth.Await.soon;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.auth.token.TestIssuer;
import platform.deepseek.auth.token.TokenWorld;

/** The authorization server and identity providers over HTTP. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class TokenRoutesTest extends LiveService {

  private static final String GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

  private static RequestSpecification form() {
    return given().contentType("application/x-www-form-urlencoded");
  }

  private static RequestSpecification exchange(String key) {
    return form()
        .formParam("grant_type", GRANT)
        .formParam("subject_token", key)
        .formParam("subject_token_type", ACCESS_TOKEN);
  }

  private static String token(String key) {
    return exchange(key)
        .post("/oauth2/token")
        .then()
        .statusCode(200)
        .extract()
        .path("access_token");
  }

  private static Response introspect(String token) {
    return form()
        .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
        .formParam("token", token)
        .post("/oauth2/introspect");
  }

  @Test
  void aKeyIsExchangedForATokenThatDoesWhatTheKeyDoes() throws IOException {
    Made made = key("developer", Map.of("limits", Map.of("tokensPerMinute", 100_000)));
    Response response = exchange(made.key()).post("/oauth2/token");
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
    assertThat(response.header("cache-control")).isEqualTo("no-store");
    JsonNode body = JSON.readTree(response.asString());
    assertThat(body.get("token_type").textValue()).isEqualTo("Bearer");
    assertThat(body.get("issued_token_type").textValue()).isEqualTo(ACCESS_TOKEN);
    assertThat(body.get("expires_in").intValue()).isEqualTo(600);
    String token = body.get("access_token").textValue();
    JsonNode allow = decide("decision-request", token);
    requireSameShape(example("decision-allow"), allow);
    assertThat(allow.get("credential").textValue()).isEqualTo(made.id());
    assertThat(allow.get("user").textValue()).isEqualTo(made.user());
    settle(allow, 200);
  }

  @Test
  void aTokenForLessDoesLess() throws IOException {
    Made made = key("developer", Map.of());
    Response response = exchange(made.key()).formParam("scope", "usage").post("/oauth2/token");
    assertThat((String) response.path("scope")).isEqualTo("usage");
    String token = response.path("access_token");
    assertThat(decide("decision-look-request", token).get("code").textValue())
        .isEqualTo("scope_not_allowed");
    with(token).get("/v1/admin/usage/own").then().statusCode(200);
    Made narrow = key("developer", Map.of("scopes", List.of("inference")));
    exchange(narrow.key())
        .formParam("scope", "inference usage")
        .post("/oauth2/token")
        .then()
        .statusCode(400)
        .body("error", equalTo("invalid_scope"));
  }

  @Test
  void anExchangeIsRefusedWithTheCodesOfTheStandard() throws IOException {
    Made made = key("developer", Map.of());
    refused(form().formParam("grant_type", "password"), 400, "unsupported_grant_type");
    refused(form(), 400, "invalid_request");
    refused(exchange(made.key()).formParam("scope", "root"), 400, "invalid_scope");
    refused(exchange(made.key()).formParam("audience", "other"), 400, "invalid_target");
    refused(exchange(made.key()).formParam("actor_token", "x"), 400, "invalid_request");
    refused(exchange(made.key()).formParam("subject_token", "again"), 400, "invalid_request");
    refused(exchange(made.key() + "x"), 400, "invalid_request");
    refused(exchange(token(made.key())), 400, "invalid_request");
    refused(exchange(key("guest", Map.of()).key()), 400, "invalid_request");
    refused(exchange(made.key()).header("x-forwarded-for", "203.0.113.9"), 400, "invalid_request");
    refused(given().contentType("application/json").body("{}"), 400, "invalid_request");
  }

  private static void refused(RequestSpecification request, int status, String error) {
    request.post("/oauth2/token").then().statusCode(status).body("error", equalTo(error));
  }

  @Test
  void aRevokedTokenAndOneOfARevokedKeyThatWereKnownHoldNoMore() throws IOException {
    Made made = key("developer", Map.of());
    String token = token(made.key());
    String other = token(made.key());
    assertThat(decide("decision-look-request", token).get("allow").booleanValue()).isTrue();
    form().formParam("token", token).post("/oauth2/revoke").then().statusCode(200);
    form().formParam("token", "unknown").post("/oauth2/revoke").then().statusCode(200);
    form()
        .formParam("token", made.key())
        .post("/oauth2/revoke")
        .then()
        .statusCode(400)
        .body("error", equalTo("unsupported_token_type"));
    soon()
        .untilAsserted(
            () ->
                assertThat(decide("decision-look-request", token).get("code").textValue())
                    .isEqualTo("invalid_api_key"));
    assertThat(decide("decision-look-request", other).get("allow").booleanValue()).isTrue();
    admin().delete("/v1/admin/keys/" + made.id()).then().statusCode(204);
    soon()
        .untilAsserted(
            () ->
                assertThat(decide("decision-look-request", other).get("code").textValue())
                    .isEqualTo("key_revoked"));
  }

  @Test
  void introspectionTellsServicesAllAndOthersOfTheirOwnTenant() throws IOException {
    Made made = key("developer", Map.of());
    String token = token(made.key());
    JsonNode told = JSON.readTree(introspect(token).asString());
    assertThat(told.get("active").booleanValue()).isTrue();
    assertThat(told.get("client_id").textValue()).isEqualTo(made.id());
    assertThat(told.get("sub").textValue()).isEqualTo(made.user());
    assertThat(told.get("tenant").textValue()).isEqualTo(made.tenant());
    assertThat(told.get("iss").textValue()).isEqualTo("http://localhost:8082");
    assertThat(told.get("exp").longValue()).isGreaterThan(Instant.now().getEpochSecond());
    assertThat(introspect(made.key()).asString()).contains("\"active\":true");
    for (String nothing : List.of("x", token + "A", made.key() + "x")) {
      assertThat(introspect(nothing).asString()).isEqualTo("{\"active\":false}");
    }
    assertThat(asked(made.key(), token).asString()).contains("\"active\":true");
    Made stranger = key("developer", Map.of());
    assertThat(asked(stranger.key(), token).asString()).isEqualTo("{\"active\":false}");
    form().formParam("token", token).post("/oauth2/introspect").then().statusCode(401);
    assertThat(asked("sk-unknown", token).statusCode()).isEqualTo(401);
  }

  private static Response asked(String key, String token) {
    return form()
        .header("authorization", "Bearer " + key)
        .formParam("token", token)
        .post("/oauth2/introspect");
  }

  @Test
  void whatTheServerSaysOfItselfLeadsToTheKeysThatVerifyItsTokens() throws Exception {
    JsonNode metadata =
        JSON.readTree(given().get("/.well-known/oauth-authorization-server").asString());
    assertThat(metadata.get("issuer").textValue()).isEqualTo("http://localhost:8082");
    assertThat(metadata.get("jwks_uri").textValue()).isEqualTo("http://localhost:8082/oauth2/jwks");
    Response keys = given().get("/oauth2/jwks");
    assertThat(keys.header("content-type")).isEqualTo("application/jwk-set+json");
    assertThat(keys.asString()).doesNotContain("\"d\"");
    String token = token(key("developer", Map.of()).key());
    var signature = new JsonWebSignature();
    signature.setCompactSerialization(token);
    signature.setKey(
        new JsonWebKeySet(keys.asString())
            .findJsonWebKey(signature.getKeyIdHeaderValue(), null, null, null)
            .getKey());
    assertThat(signature.verifySignature()).isTrue();
  }

  @Test
  void anIdentityProviderIsEnteredAndItsPeopleComeInUntilItIsDeleted() throws IOException {
    try (TestIssuer issuer = new TestIssuer()) {
      PublicJsonWebKey key = TokenWorld.ecKey("one");
      issuer.keys.add(key);
      String tenant = tenant();
      Response entered =
          admin()
              .body(
                  Map.of(
                      "url", issuer.url(),
                      "tenant", tenant,
                      "audiences", List.of("api"),
                      "roleClaim", "/roles",
                      "roles", Map.of("dev", "developer"),
                      "secondFactorAcrs", List.of("gold"),
                      "introspection", Map.of("clientId", "us", "clientSecret", "very secret")))
              .post("/v1/admin/issuers");
      assertThat(entered.statusCode()).as(entered.asString()).isEqualTo(201);
      assertThat(entered.asString()).doesNotContain("very secret").doesNotContain("ecret\"");
      assertThat(entered.<List<String>>path("algorithms"))
          .containsExactly("RS256", "PS256", "ES256", "EdDSA");
      long now = Instant.now().getEpochSecond();
      String token =
          TokenWorld.sign(
              key,
              "ES256",
              Map.of(
                  "iss",
                  issuer.url(),
                  "aud",
                  "api",
                  "sub",
                  "1",
                  "exp",
                  now + 600,
                  "roles",
                  List.of("dev")));
      soon()
          .untilAsserted(
              () -> {
                JsonNode allow = decide("decision-look-request", token);
                assertThat(allow.path("tenant").asText()).isEqualTo(tenant);
                assertThat(allow.path("role").asText()).isEqualTo("developer");
              });
      admin().delete("/v1/admin/issuers/" + entered.path("id")).then().statusCode(204);
      soon()
          .untilAsserted(
              () ->
                  assertThat(decide("decision-look-request", token).path("code").asText())
                      .isEqualTo("invalid_api_key"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://idp.example.com  | a  | RS256 | /roles | developer",
        "https://u:p@idp.example | a  | RS256 | /roles | developer",
        "https://idp.example/?q  | a  | RS256 | /roles | developer",
        "file:///etc/passwd      | a  | RS256 | /roles | developer",
        "http://localhost:8082   | a  | RS256 | /roles | developer",
        "https://idp.example     | '' | RS256 | /roles | developer",
        "https://idp.example     | a  | none  | /roles | developer",
        "https://idp.example     | a  | HS256 | /roles | developer",
        "https://idp.example     | a  | rs256 | /roles | developer",
        "https://idp.example     | a  | RS256 | roles  | developer",
        "https://idp.example     | a  | RS256 | ''     | developer",
        "https://idp.example     | a  | RS256 | /roles | root"
      })
  void aFaultyIdentityProviderIsNotEntered(
      String url, String audience, String algorithm, String roleClaim, String role)
      throws IOException {
    admin()
        .body(
            Map.of(
                "url", url,
                "tenant", tenant(),
                "audiences", List.of(audience),
                "algorithms", List.of(algorithm),
                "roleClaim", roleClaim,
                "roles", Map.of("x", role)))
        .post("/v1/admin/issuers")
        .then()
        .statusCode(400)
        .body("error.code", equalTo("invalid_value"));
  }

  @ParameterizedTest
  @CsvSource({"auditor, GET, 200", "auditor, POST, 403", "developer, GET, 403", "guest, GET, 403"})
  void whoMaySeeAndEnterIdentityProviders(String role, String method, int status)
      throws IOException {
    with(key(role, Map.of()).key())
        .body("{}")
        .request(method, "/v1/admin/issuers")
        .then()
        .statusCode(status);
  }
}
