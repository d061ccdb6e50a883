package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.credential.ApiKeys;

/** What strangers and guests try at the door. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class AttackTest extends LiveService {

  /** What a line that begins with a space belongs to stands last, and is of no account. */
  private static final String GET_LOGS =
      "GET /verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Original-URI: /logs\r\n"
          + "X-Original-Method: GET\r\nAccept: */*\r\n";

  @Test
  void twoCredentialsAreNone() throws IOException {
    String key = key("auditor", Map.of()).key();
    String bearer = "Authorization: Bearer " + key + "\r\n";
    assertThat(RawHttp.statuses(GET_LOGS + bearer + "\r\n")).containsExactly(200);
    for (String second :
        List.of(
            "Authorization: Bearer other\r\n",
            "authorization: Basic eDp5\r\n",
            "AUTHORIZATION: \r\n",
            "x-api-key: other\r\n",
            "Api-Key: other\r\n",
            "X-API-KEY: \r\n")) {
      assertThat(RawHttp.statuses(GET_LOGS + bearer + second + "\r\n"))
          .as(second)
          .containsExactly(401);
      assertThat(RawHttp.statuses(GET_LOGS + second + bearer + "\r\n"))
          .as(second)
          .containsExactly(401);
      String list =
          "GET /v1/admin/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
              + second
              + bearer
              + "\r\n";
      assertThat(RawHttp.statuses(list)).as(second).containsExactly(401);
    }
  }

  @Test
  void aHeaderThatServersReadDifferentlyLetsNobodyIn() throws IOException {
    String key = key("auditor", Map.of()).key();
    String half = key.substring(0, 20);
    for (String header :
        List.of(
            "Authorization: Bearer " + half + "\r\n " + key.substring(20) + "\r\n", // folded
            "Authorization: Bearer\r\n\t" + key + "x\r\n",
            "Authorization: Bearer " + key + "\0\r\n",
            "Authorization: Bearer " + half + "\0" + key.substring(20) + "\r\n",
            "Authorization : Bearer " + key + "\r\n",
            "Authorization\0: Bearer " + key + "\r\n",
            " Authorization: Bearer " + key + "\r\n",
            "X: y\rAuthorization: Bearer " + key + "\r\n",
            "Authorization: Bearer " + key + "," + key + "\r\n",
            "Authorization: Bearer " + key + ", Bearer x\r\n")) {
      assertThat(RawHttp.statuses(GET_LOGS + header + "\r\n")).as(header).doesNotContain(200);
    }
  }

  /** What is malformed is told as every other failure is, and is no fault of the server. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        "GET ?a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      })
  void whatBreaksTheRulesOfHttpIsMalformed(String request) throws IOException {
    assertThat(RawHttp.answer(request))
        .startsWith("HTTP/1.1 400 ")
        .contains("\"type\":\"invalid_request_error\"")
        .contains("\"code\":\"malformed_request\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPTIONS *", "CONNECT a:1", "GET health"})
  void aTargetThatIsNoPathIsUnknown(String line) throws IOException {
    assertThat(RawHttp.answer(line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 404 ")
        .contains("\"code\":\"unknown_url\"");
  }

  /** A body whose end is told in two ways: nothing behind it is taken for a request with rights. */
  @Test
  void aRequestInsideTheBodyOfAnotherIsNone() throws IOException {
    String inside = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    String post = "POST /v1/settlements/x HTTP/1.1\r\nHost: x\r\n";
    for (String lengths :
        List.of(
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: identity, chunked, gzip\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding: \u000bchunked\r\n")) {
      assertThat(RawHttp.statuses(post + lengths + "\r\n" + "0\r\n\r\n" + inside))
          .as(lengths)
          .doesNotContain(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "203.0.113.9",
        "203.0.113.9, 127.0.0.1",
        "203.0.113.9, 10.1.1.1",
        "127.0.0.1, 203.0.113.9",
        "203.0.113.9, 203.0.113.9, 203.0.113.9"
      })
  void nobodyIsBelievedWhoIsNoTrustedProxy(String forwardedFor) throws IOException {
    String key = key("auditor", Map.of("addresses", List.of("203.0.113.0/24", "10.0.0.0/8"))).key();
    for (String header : List.of("X-Forwarded-For", "x-forwarded-for", "X-Real-IP", "Client-IP")) {
      logs(key, Map.of(header, forwardedFor))
          .then()
          .statusCode(403)
          .body("error.code", equalTo("address_not_allowed"));
    }
    logs(key, Map.of("Forwarded", "for=" + forwardedFor)).then().statusCode(403);
    given()
        .header("authorization", "Bearer " + key)
        .header("forwarded", "for=" + forwardedFor)
        .get("/v1/admin/keys")
        .then()
        .statusCode(403)
        .body("error.code", equalTo("ambiguous_address"));
  }

  private static Response logs(String key, Map<String, String> headers) {
    return given()
        .headers(headers)
        .header("authorization", "Bearer " + key)
        .header("x-original-uri", "/logs")
        .header("x-original-method", "GET")
        .get("/verify");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "203.0.113.9                        | true", // the proxy says so
        "198.51.100.7, 203.0.113.9          | true", // the client lied, the proxy did not
        "203.0.113.9, 198.51.100.7          | false",
        "203.0.113.9, 198.51.100.7, 10.9.9.9| false",
        "203.0.113.9, 10.0.0.7              | true",
        "203.0.113.9,                       | false",
        "203.0.113.9:443                    | false",
        "for=203.0.113.9                    | false",
        "0xcb.0.113.9                       | false",
        "::ffff:203.0.113.9                 | true",
        "unknown                            | false"
      })
  void theChainIsReadFromItsEndAsFarAsItIsTrusted(String chain, boolean allowed)
      throws IOException {
    Made made = key("developer", Map.of("addresses", List.of("203.0.113.0/24")));
    ObjectNode body = (ObjectNode) example("decision-look-request");
    body.put("credential", made.key()).put("clientAddress", "10.1.2.3");
    body.putArray("forwardedFor").add(chain);
    Response response =
        given()
            .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
            .body(body.toString())
            .post("/v1/decisions");
    boolean passed =
        response.statusCode() == 200
            && JSON.readTree(response.asString()).get("allow").booleanValue();
    assertThat(passed).as(response.asString()).isEqualTo(allowed);
  }

  private static final String[] PATHS = {
    "//v1/models",
    "/v1//models",
    "/v1/models/",
    "/V1/models",
    "/v1/Models",
    "/v1/./models",
    "/v1/x/../models",
    "/../v1/models",
    "/%76%31/models",
    "/v1%2fmodels",
    "/v1%2Fmodels",
    "/v1/%2e%2e/v1/models",
    "/v1/models;x=y",
    "/v1;/models",
    "/v1/models%00",
    "/v1/models%20",
    "/v1\\models",
    "/v1/models#",
    "v1/models",
    "http://x/v1/models",
    "*",
    "",
    "/v1/models/../../logs",
    "/v1/models/%2e%2e/x",
    "/v1/models/..",
    "/v1/models/.",
    "/v1/m\u00f6dels"
  };

  @Test
  void aPathThatIsAlmostARouteIsNone() throws IOException {
    Made made = key("developer", Map.of());
    for (String path : PATHS) {
      ObjectNode body = (ObjectNode) example("decision-look-request");
      body.put("credential", made.key()).put("method", "GET").put("path", path);
      assertThat(decide(body).path("code").asText()).as(path).isEqualTo("unknown_url");
      for (String header : List.of("X-Original-URI", "X-Forwarded-Uri")) {
        String method = header.replace("URI", "Method").replace("Uri", "Method");
        String request =
            "GET /verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s: %s\r\n%s: GET\r\nx-api-key: %s\r\n\r\n"
                .formatted(header, path, method, made.key());
        assertThat(RawHttp.statuses(request)).as(path).hasSize(1).doesNotContain(200);
      }
    }
    ObjectNode plain = (ObjectNode) example("decision-look-request");
    plain.put("credential", made.key()).put("method", "GET").put("path", "/v1/models");
    assertThat(decide(plain).get("allow").booleanValue()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//v1/admin/keys",
        "/v1/admin//keys",
        "/v1/admin/keys/",
        "/v1/admin/keys;a=b",
        "/v1/admin;a=b/keys",
        "/v1/Admin/keys",
        "/v1/admin/./keys",
        "/v1/admin/x/../keys",
        "/v1/%61dmin/keys",
        "/v1%2fadmin/keys",
        "/v1/admin/keys%00",
        "/health/../v1/admin/keys",
        "/q/arc",
        "/q/dev",
        "/q/swagger-ui"
      })
  void anAdministratorsPathHasOneSpelling(String path) throws IOException {
    String auditor = key("auditor", Map.of()).key();
    String request =
        "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n";
    assertThat(RawHttp.statuses(request.formatted("/v1/admin/keys", auditor))).containsExactly(200);
    assertThat(RawHttp.statuses(request.formatted(path, auditor))).hasSize(1).isSubsetOf(400, 404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"})
  void aMethodCannotBeOverridden(String header) throws IOException {
    Made made = key("developer", Map.of());
    admin().header(header, "DELETE").post("/v1/admin/keys/" + made.id()).then().statusCode(405);
    admin().header(header, "DELETE").get("/v1/admin/keys/" + made.id()).then().statusCode(200);
    String auditor = key("auditor", Map.of()).key();
    with(auditor)
        .header(header, "GET")
        .body("{\"name\":\"x\"}")
        .post("/v1/admin/tenants")
        .then()
        .statusCode(403);
    assertThat(decide("decision-look-request", made.key()).get("allow").booleanValue()).isTrue();
  }

  @Test
  void onlyTheKeyItselfIsTheKey() throws IOException {
    String key = key("auditor", Map.of()).key();
    int end = key.length();
    char last = key.charAt(end - 1);
    List<String> tricks =
        List.of(
            key.substring(0, end - 1),
            key.substring(0, end - 7),
            key.substring(0, 20),
            key + "_",
            key + "x",
            key + key,
            key.toUpperCase(Locale.ROOT),
            key.toLowerCase(Locale.ROOT),
            key.replace("sk-", "SK-"),
            key.replace("sk-", "\u0455k-"), // a Cyrillic letter
            key.replace("sk-", "sk\u2010"),
            key.replace("_", "\uff3f"),
            key.replace("_", "-"),
            key.replace("live", "test"),
            key.replace("live", "l1ve"),
            "Bearer " + key,
            "sk-" + key,
            "\"" + key + "\"",
            key.substring(0, 20) + " " + key.substring(20),
            key.substring(0, end - 1) + (last == 'a' ? 'b' : 'a'),
            key.substring(0, 18) + (key.charAt(18) == 'Q' ? 'R' : 'Q') + key.substring(19));
    for (String trick : tricks) {
      ObjectNode body = (ObjectNode) example("decision-look-request");
      body.put("credential", trick).put("path", "/logs").put("method", "GET");
      assertThat(decide(body).path("code").asText()).as(trick).isEqualTo("invalid_api_key");
    }
  }

  /** Who guesses learns nothing: not even whether the public part of a key is one. */
  @Test
  void anUnknownKeyAndAWrongSecretAreAnsweredAlike() throws IOException {
    Made real = key("developer", Map.of());
    String wrong = ApiKeys.withSecretOf(real.key(), key("developer", Map.of()).key());
    String unknown = example("decision-request").get("credential").textValue();
    List<Map<String, Object>> answers =
        List.of(wrong, unknown).stream()
            .map(
                credential -> {
                  Response response = logs(credential, Map.of());
                  Map<String, Object> seen = new TreeMap<>();
                  response.headers().forEach(h -> seen.put(h.getName(), h.getValue()));
                  seen.put("status", response.statusCode());
                  seen.put("body", response.asString());
                  return seen;
                })
            .toList();
    assertThat(answers.get(0)).isEqualTo(answers.get(1)).containsEntry("status", 401);
  }

  @Test
  void largeAndDeepBodiesAreRefused() throws IOException {
    String[] bodies = {
      "{\"path\":\"" + "x".repeat(70_000) + "\"}",
      "[".repeat(60_000),
      "{\"path\":" + "[".repeat(30_000) + "]".repeat(30_000) + "}",
      "{\"promptTokens\":" + "9".repeat(60_000) + "}",
      "{\"promptTokens\":1e999999999}",
      "{\"path\":\"/v1/models\",\"path\":\"/logs\"}",
      "{\"path\":\"/v1/models\",\"\\u0070ath\":\"/logs\"}",
      "\ufeff{}",
      "{} {}"
    };
    for (String body : bodies) {
      int status =
          given()
              .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
              .body(body)
              .post("/v1/decisions")
              .statusCode();
      assertThat(status).as(body.substring(0, Math.min(60, body.length()))).isIn(400, 413);
    }
    JsonNode error =
        JSON.readTree(
            admin()
                .body("{\"name\":\"" + "x".repeat(300_000) + "\"}")
                .post("/v1/admin/tenants")
                .asString());
    assertThat(error).isNotNull();
    given().get("/health").then().statusCode(200);
  }
}
