package platform.deepseek.auth.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static platform.deepseek.auth.Await.soon;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Changes to tenants, users, limits and prices, by one administrator and by two at once. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class ChangesTest extends LiveService {

  @Test
  void aTenantIsRenamedDisabledAndEnabledAgain() throws IOException {
    Made made = key("developer", Map.of());
    String path = "/v1/admin/tenants/" + made.tenant();
    String name = UUID.randomUUID().toString();
    admin()
        .body(Map.of("name", name, "priority", 1, "disabled", true))
        .patch(path)
        .then()
        .statusCode(200)
        .body("name", equalTo(name))
        .body("priority", equalTo(1));
    awaitCode(made.key(), "account_disabled");
    admin().body(Map.of("disabled", false)).patch(path).then().statusCode(200);
    awaitCode(made.key(), null);
    admin().body(Map.of("name", "platform")).patch(path).then().statusCode(409);
    admin().body(Map.of("name", "")).patch(path).then().statusCode(400);
    admin().body(Map.of()).patch("/v1/admin/tenants/none").then().statusCode(404);
  }

  @Test
  void aUserWhoIsLoweredLosesWhatWasMore() throws IOException {
    Made made = key("admin", Map.of());
    String developer =
        admin()
            .body(
                Map.of(
                    "tenant", made.tenant(), "user", made.user(), "name", "d", "role", "developer"))
            .post("/v1/admin/keys")
            .path("key");
    admin().post("/v1/admin/users/" + made.user() + "/second-factor").then().statusCode(201);
    admin()
        .body(Map.of("role", "developer"))
        .patch("/v1/admin/users/" + made.user())
        .then()
        .statusCode(200)
        .body("role", equalTo("developer"));
    awaitCode(made.key(), "key_revoked");
    assertThat(decide("decision-look-request", developer).get("allow").booleanValue()).isTrue();
    admin()
        .get("/v1/admin/users/" + made.user() + "/second-factor")
        .then()
        .statusCode(200)
        .body("pending", equalTo(false));
  }

  @Test
  void aDeletedUserIsForgottenAndTheirNameIsFree() throws IOException {
    Made made = key("auditor", Map.of());
    String path = "/v1/admin/users/" + made.user();
    admin().delete(path).then().statusCode(204);
    awaitCode(made.key(), "key_revoked");
    admin().get(path).then().statusCode(404);
    admin().delete(path).then().statusCode(404);
    admin().body(Map.of("disabled", false)).patch(path).then().statusCode(404);
    assertThat(admin().get("/v1/admin/users?tenant=" + made.tenant()).asString())
        .doesNotContain(made.user());
    admin()
        .body(Map.of("tenant", made.tenant(), "name", "ann", "role", "guest"))
        .post("/v1/admin/users")
        .then()
        .statusCode(201);
    admin()
        .body(Map.of("tenant", made.tenant(), "user", made.user(), "name", "k", "role", "auditor"))
        .post("/v1/admin/keys")
        .then()
        .statusCode(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"disabled\":true}", "{\"role\":\"auditor\"}"})
  void anAdministratorAlwaysIsLeft(String change) throws IOException {
    Made made = key("admin", Map.of());
    String path = "/v1/admin/users/" + made.user();
    with(made.key()).body(change).patch(path).then().statusCode(409);
    with(made.key()).delete(path).then().statusCode(409);
    with(made.key()).body("{\"name\":\"anna\"}").patch(path).then().statusCode(200);
  }

  @Test
  void ofTwoWhoChangeTheSameTheSecondIsTold() throws IOException {
    Made made = key("developer", Map.of());
    for (String path : List.of("tenants/" + made.tenant(), "users/" + made.user())) {
      Response seen = admin().get("/v1/admin/" + path);
      String tag = seen.header("etag");
      assertThat(tag).isEqualTo("\"" + seen.path("tag") + "\"");
      admin()
          .header("if-match", tag)
          .body(Map.of("name", UUID.randomUUID().toString()))
          .patch("/v1/admin/" + path)
          .then()
          .statusCode(200);
      admin()
          .header("if-match", tag)
          .body(Map.of("name", "second"))
          .patch("/v1/admin/" + path)
          .then()
          .statusCode(412)
          .body("error.code", equalTo("precondition_failed"));
      admin().header("if-match", "*").body("{}").patch("/v1/admin/" + path).then().statusCode(200);
    }
    admin()
        .header("if-match", "\"0\"")
        .delete("/v1/admin/users/" + made.user())
        .then()
        .statusCode(412);
  }

  @Test
  void limitsAndPricesAreNotOverwrittenUnseen() throws IOException {
    Made made = key("developer", Map.of());
    String limits = "/v1/admin/limits/tenant/" + made.tenant();
    String none = admin().get(limits).path("tag");
    Response set = admin().header("if-match", none).body(Map.of("tokensPerDay", 5)).put(limits);
    assertThat(set.statusCode()).isEqualTo(200);
    admin()
        .header("if-match", none)
        .body(Map.of("tokensPerDay", 6))
        .put(limits)
        .then()
        .statusCode(412);
    admin().header("if-match", none).delete(limits).then().statusCode(412);
    admin().header("if-match", set.header("etag")).delete(limits).then().statusCode(204);

    String model = UUID.randomUUID().toString();
    Map<String, Object> price = Map.of("model", model, "prompt", 2, "completion", 4);
    admin().header("if-match", "*").body(price).put("/v1/admin/prices").then().statusCode(412);
    String tag = admin().body(price).put("/v1/admin/prices").path("tag");
    admin().header("if-match", tag).body(price).put("/v1/admin/prices").then().statusCode(200);
    admin()
        .header("if-match", "\"0\", \"1\"")
        .delete("/v1/admin/prices?model=" + model)
        .then()
        .statusCode(412);
    admin()
        .header("if-match", tag)
        .delete("/v1/admin/prices?model=" + model)
        .then()
        .statusCode(204);
    admin().delete("/v1/admin/prices?model=" + model).then().statusCode(404);
  }

  @Test
  void weightsReachDecisionsAndAreNotOverwrittenUnseen() throws IOException {
    Made made = key("guest", Map.of());
    JsonNode usual = decide("decision-look-request", made.key());
    assertThat(usual.get("weight").intValue()).isEqualTo(10);
    assertThat(usual.get("holderWeight").intValue()).isEqualTo(1); // a guest's
    setWeight("tenant/" + made.tenant(), 100);
    setWeight("user/" + made.user(), 40);
    awaitWeights(made.key(), 100, 40);
    Response key = setWeight("key/" + made.id(), 7);
    awaitWeights(made.key(), 100, 7);
    assertThat(admin().get("/v1/admin/weights").<List<String>>path("data.subject"))
        .contains(made.tenant(), made.user(), made.id());

    String path = "/v1/admin/weights/key/" + made.id();
    admin().header("if-match", "\"0\"").delete(path).then().statusCode(412);
    admin().header("if-match", key.header("etag")).delete(path).then().statusCode(204);
    admin().get(path).then().statusCode(200).body("weight", equalTo(null));
    awaitWeights(made.key(), 100, 40);
  }

  private Response setWeight(String subject, int weight) throws IOException {
    Response set = admin().body(Map.of("weight", weight)).put("/v1/admin/weights/" + subject);
    assertThat(set.statusCode()).as(set.asString()).isEqualTo(200);
    return set;
  }

  private static void awaitWeights(String key, int tenant, int holder) {
    soon()
        .untilAsserted(
            () -> {
              JsonNode decision = decide("decision-look-request", key);
              assertThat(decision.get("weight").intValue()).isEqualTo(tenant);
              assertThat(decision.get("holderWeight").intValue()).isEqualTo(holder);
            });
  }

  @ParameterizedTest
  @CsvSource({
    "tenant/TENANT, 0, 400",
    "tenant/TENANT, 101, 400",
    "tenant/TENANT, , 400",
    "platform/all, 5, 404",
    "user/nobody, 5, 404",
    "planet/earth, 5, 404"
  })
  void aWeightIsFromOneToAHundredAndSomebodys(String subject, Integer weight, int status)
      throws IOException {
    Map<String, Integer> body = new HashMap<>();
    body.put("weight", weight);
    admin()
        .body(body)
        .put("/v1/admin/weights/" + subject.replace("TENANT", tenant()))
        .then()
        .statusCode(status);
  }

  @Test
  void aListIsReadAPageAtATime() throws IOException {
    String tenant = tenant();
    for (int i = 0; i < 5; i++) {
      admin()
          .body(Map.of("tenant", tenant, "name", "k" + i, "role", "guest"))
          .post("/v1/admin/keys")
          .then()
          .statusCode(201);
    }
    List<String> names = new ArrayList<>();
    String after = "";
    int pages = 0;
    do {
      JsonNode page =
          JSON.readTree(
              admin()
                  .get("/v1/admin/keys?limit=2&tenant=" + tenant + after)
                  .then()
                  .statusCode(200)
                  .extract()
                  .asString());
      page.get("data").forEach(key -> names.add(key.get("name").textValue()));
      after = page.has("next") ? "&after=" + page.get("next").textValue() : null;
      pages++;
    } while (after != null);
    assertThat(names).containsExactlyInAnyOrder("k0", "k1", "k2", "k3", "k4");
    assertThat(pages).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "tenants?limit=0, 400",
    "tenants?limit=1001, 400",
    "keys?after=nothing, 400",
    "usage?by=colour, 400",
    "usage?after=x, 400",
    "usage?by=day&after=Ym9n, 400",
    "usage?by=day&after=MjAyNi0xMS0yMg, 200",
    "usage?by=key&limit=1, 200",
    "usage/csv?by=model, 200",
    "users?limit=many, 404"
  })
  void faultyPagesAreToldWhatIsWrong(String path, int status) throws IOException {
    assertThat(admin().get("/v1/admin/" + path).statusCode()).isEqualTo(status);
  }

  private static void awaitCode(String key, String code) {
    soon()
        .untilAsserted(
            () ->
                assertThat(decide("decision-look-request", key).path("code").textValue())
                    .isEqualTo(code));
  }
}
