package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What administrators and auditors do is in the book, and what they look at tells of them. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class AuditRoutesTest extends LiveService {

  @Test
  void aChangeIsToldBeforeAndAfterItIsDone() throws IOException {
    Response made = admin().body(Map.of("name", "audited")).post("/v1/admin/tenants");
    String correlation = made.header("x-request-id");
    JsonNode events = waitFor(correlation, 2);
    assertThat(events.findValuesAsText("outcome")).containsExactly("succeeded", "attempted");
    assertThat(events.get(0).get("action").textValue()).isEqualTo("tenants.create");
    assertThat(events.get(0).get("object").textValue())
        .isEqualTo("/v1/admin/tenants/" + made.path("id"));
    assertThat(events.get(0).get("actor").get("role").textValue()).isEqualTo("admin");
    assertThat(events.get(0).get("details").get("status").textValue()).isEqualTo("201");
  }

  @Test
  void everyViewIsAnEvent() throws IOException {
    Made auditor = key("auditor", Map.of());
    Response seen = with(auditor.key()).get("/v1/admin/keys?x=1");
    assertThat(seen.statusCode()).isEqualTo(200);
    JsonNode event = waitFor(seen.header("x-request-id"), 1).get(0);
    assertThat(event.get("action").textValue()).isEqualTo("keys.read");
    assertThat(event.get("actor").get("key").textValue()).isEqualTo(auditor.id());
    assertThat(event.get("actor").get("user").textValue()).isEqualTo(auditor.user());
  }

  @Test
  void whoIsRefusedIsInTheBook() throws IOException {
    Made guest = key("guest", Map.of());
    for (int i = 0; i < 3; i++) {
      with(guest.key()).get("/v1/admin/audit").then().statusCode(403);
    }
    soon()
        .untilAsserted(
            () -> {
              JsonNode events = events("action=request.refuse&actor=" + guest.id());
              assertThat(events).hasSize(1);
              assertThat(events.get(0).get("details").get("code").textValue())
                  .isEqualTo("permission_denied");
            });
  }

  @Test
  void pagesFollowEachOtherWithoutLossOrRepetition() throws IOException {
    for (int i = 0; i < 5; i++) {
      admin().get("/v1/admin/prices?page=" + i).then().statusCode(200);
    }
    JsonNode first = page("action=prices.*&limit=2");
    JsonNode second = page("action=prices.*&limit=2&after=" + first.get("next").textValue());
    assertThat(first.get("data")).hasSize(2);
    assertThat(second.get("data")).hasSize(2);
    assertThat(second.findValuesAsText("sequence"))
        .doesNotContainAnyElementsOf(first.findValuesAsText("sequence"));
    admin().get("/v1/admin/audit?after=x").then().statusCode(400);
    admin().get("/v1/admin/audit?limit=1001").then().statusCode(400);
    admin().get("/v1/admin/audit?from=yesterday").then().statusCode(400);
  }

  @Test
  void whatWasLeakedNamesWhoSawIt() throws IOException {
    Made auditor = key("auditor", Map.of());
    Response json = with(auditor.key()).get("/v1/admin/audit?limit=3");
    Response csv = with(auditor.key()).get("/v1/admin/audit/csv?limit=3");
    Response html = with(auditor.key()).get("/logs?limit=3");
    for (Response leaked : List.of(json, csv, html)) {
      assertThat(leaked.statusCode()).isEqualTo(200);
      assertThat(leaked.asString().replaceAll("[\u200b\u200c]", ""))
          .contains("ann, key " + auditor.id() + " (auditor) at 2");
      JsonNode traces =
          JSON.readTree(
              admin()
                  .body(Map.of("text", leaked.asString()))
                  .post("/v1/admin/audit/leaks")
                  .asString());
      assertThat(traces.get("data")).hasSize(1);
      JsonNode trace = traces.get("data").get(0);
      assertThat(trace.get("mark").textValue()).isEqualTo(leaked.header("x-request-id"));
      assertThat(trace.get("views").get(0).get("actor").get("key").textValue())
          .isEqualTo(auditor.id());
    }
    with(auditor.key())
        .body(Map.of("text", "x"))
        .post("/v1/admin/audit/leaks")
        .then()
        .statusCode(403);
  }

  @Test
  void theLogPageLoadsNothingAndRunsNothing() throws IOException {
    admin()
        .header("x-request-id", "<script>alert(1)</script>")
        .get("/v1/admin/prices")
        .then()
        .statusCode(200);
    Response page = admin().get("/logs");
    assertThat(page.statusCode()).as(page.asString()).isEqualTo(200);
    assertThat(page.header("content-security-policy"))
        .startsWith("default-src 'none'; style-src 'sha256-");
    assertThat(page.header("cache-control")).isEqualTo("no-store");
    assertThat(page.asString())
        .contains("&lt;script&gt;alert(1)")
        .doesNotContain("<script")
        .doesNotContain("http://")
        .doesNotContain("https://");
    given().get("/logs").then().statusCode(401);
  }

  @Test
  void theBookLeavesInAFormThatCanBeVerified() throws IOException {
    soon()
        .untilAsserted(
            () ->
                assertThat(admin().get("/v1/admin/audit/checkpoints").asString())
                    .contains("\"signature\""));
    String export = admin().get("/v1/admin/audit/export").asString();
    assertThat(export.lines().filter(line -> line.startsWith("{\"checkpoint\""))).isNotEmpty();
    assertThat(export.lines().filter(line -> line.startsWith("{\"entry\""))).isNotEmpty();
  }

  private JsonNode waitFor(String correlation, int events) {
    return soon()
        .until(() -> events("correlation=" + correlation), found -> found.size() == events);
  }

  private JsonNode events(String query) throws IOException {
    return page(query).get("data");
  }

  private JsonNode page(String query) throws IOException {
    Response response = admin().get("/v1/admin/audit?" + query);
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
    return JSON.readTree(response.asString());
  }
}
