package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The whole service on its real parts, asked over HTTP: what its tests have in common. */
abstract class LiveService {

  static final ObjectMapper JSON = new ObjectMapper();

  @ConfigProperty(name = RealParts.KEYS_FOLDER)
  Path keysFolder;

  RequestSpecification admin() throws IOException {
    return with(Files.readString(keysFolder.resolve("admin-key")).strip());
  }

  static RequestSpecification with(String key) {
    return given().header("authorization", "Bearer " + key).contentType("application/json");
  }

  String tenant() throws IOException {
    return admin()
        .body(Map.of("name", UUID.randomUUID().toString()))
        .post("/v1/admin/tenants")
        .then()
        .statusCode(201)
        .extract()
        .path("id");
  }

  record Made(String id, String key, String tenant, String user) {}

  Made key(String role, Map<String, Object> more) throws IOException {
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

  static JsonNode example(String name) throws IOException {
    try (InputStream in = LiveService.class.getResourceAsStream("/contract/" + name + ".json")) {
      return JSON.readTree(in);
    }
  }

  static JsonNode decide(String example, String key) throws IOException {
    ObjectNode body = (ObjectNode) example(example);
    body.put("credential", key);
    return decide(body);
  }

  static JsonNode decide(JsonNode body) throws IOException {
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
  static void requireSameShape(JsonNode example, JsonNode real) {
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

  static JsonNode settle(JsonNode allow, int status) throws IOException {
    Response response =
        given()
            .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
            .contentType("application/json")
            .body(example("settlement-request").toString())
            .post("/v1/settlements/" + allow.get("reservation").textValue());
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(status);
    return JSON.readTree(response.asString());
  }
}
