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
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.store.Database;

/** Requests are kept for tenants that want it, sealed, and for no others at all. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class PromptAuditTest extends LiveService {

  /** Keeps everything that is logged. */
  private static final class Heard extends Handler {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord line) {
      lines.add(line.getMessage() + " " + List.of(parameters(line)) + " " + line.getThrown());
    }

    private static Object[] parameters(LogRecord line) {
      return line.getParameters() == null ? new Object[0] : line.getParameters();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Inject Database database;

  private final Heard log = new Heard();
  private final String marker = "marker-" + UUID.randomUUID();

  @BeforeEach
  void listen() {
    Logger.getLogger("").addHandler(log);
  }

  @AfterEach
  void listenNoMore() {
    Logger.getLogger("").removeHandler(log);
  }

  private Made tenantKeeping(int bytes) throws IOException {
    Made made = key("developer", Map.of());
    admin()
        .body(Map.of("promptBytes", bytes))
        .patch("/v1/admin/tenants/" + made.tenant())
        .then()
        .statusCode(200)
        .body("promptBytes", equalTo(bytes));
    return made;
  }

  private JsonNode awaitLeave(Made made, boolean keeps) {
    List<JsonNode> leave = new ArrayList<>();
    soon()
        .until(
            () -> {
              leave.add(decide("decision-request", made.key()));
              return leave.getLast().has("promptBytes") == keeps;
            });
    return leave.getLast();
  }

  private Response handOver(JsonNode leave) throws IOException {
    ObjectNode prompt = (ObjectNode) example("prompt-request");
    prompt.put("text", "{\"prompt\":\"" + marker + "\"}\n你好").put("length", 5_000);
    return given()
        .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
        .body(prompt.toString().getBytes(StandardCharsets.UTF_8))
        .post("/v1/prompts/" + leave.get("reservation").textValue());
  }

  /** Everything in PostgreSQL, bytes as hexadecimal digits. */
  private String everythingStored() {
    List<String> tables =
        database.read(
            session ->
                session.list(
                    row -> row.text("table_name"),
                    "SELECT table_name FROM information_schema.tables WHERE table_schema ="
                        + " 'public'"));
    assertThat(tables).contains("held_prompt", "audit_entry", "usage_total");
    StringBuilder everything = new StringBuilder();
    for (String table : tables) {
      database
          .read(
              session ->
                  session.list(
                      row -> row.text("line"),
                      "SELECT CAST(t AS text) AS line FROM " + table + " t"))
          .forEach(everything::append);
    }
    return everything.toString();
  }

  private void requireNowhere() {
    assertThat(everythingStored())
        .doesNotContain(marker)
        .doesNotContain(HexFormat.of().formatHex(marker.getBytes(StandardCharsets.UTF_8)));
    assertThat(RedisContent.of(redisHosts())).doesNotContain(marker);
    assertThat(log.lines.toString()).doesNotContain(marker);
  }

  private static String redisHosts() {
    return ConfigProvider.getConfig().getValue("deepseek.auth.redis-hosts", String.class);
  }

  @Test
  void whoDidNotAskForItHasNoByteOfAPromptKeptWhateverIsHandedOver() throws IOException {
    Made made = key("developer", Map.of());
    JsonNode leave = decide("decision-request", made.key());
    requireSameShape(withoutTokens(example("decision-allow")), withoutTokens(leave));
    assertThat(leave.has("promptBytes")).isFalse();
    Response refused = handOver(leave);
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.<String>path("error.code")).isEqualTo("prompt_unwanted");
    settle(leave, 200);
    requireNowhere();
  }

  private static JsonNode withoutTokens(JsonNode leave) {
    ObjectNode headers = (ObjectNode) leave.get("headers");
    headers.retain(
        headers.properties().stream()
            .map(Map.Entry::getKey)
            .filter(name -> name.endsWith("requests"))
            .toList());
    return leave;
  }

  @Test
  void whatATenantAskedForIsKeptSealedAndShownToWhoMaySeeIt() throws IOException {
    Made made = tenantKeeping(65_536);
    JsonNode leave = awaitLeave(made, true);
    requireSameShape(withoutTokens(example("decision-allow-prompt")), withoutTokens(leave));
    Response kept = handOver(leave);
    assertThat(kept.statusCode()).as(kept.asString()).isEqualTo(200);
    requireSameShape(example("prompt-reply"), JSON.readTree(kept.asString()));
    assertThat(handOver(leave).statusCode()).isEqualTo(200); // told again it is kept once
    requireNowhere();

    Response list = admin().get("/v1/admin/prompts?tenant=" + made.tenant());
    assertThat(list.<List<Object>>path("data")).hasSize(1);
    assertThat(list.asString()).doesNotContain(marker);
    String id = list.path("data[0].id");
    Response one = with(key("auditor", Map.of()).key()).get("/v1/admin/prompts/" + id);
    assertThat(one.<String>path("text")).isEqualTo("{\"prompt\":\"" + marker + "\"}\n你好");
    assertThat(one.<Integer>path("length")).isEqualTo(5_000);
    assertThat(one.<String>path("key")).isEqualTo(made.id());
    assertThat(one.<String>path("seenBy")).contains("auditor");

    Response events = admin().get("/v1/admin/audit?correlation=" + id);
    assertThat(events.<List<String>>path("data.action")).contains("prompt.keep");
    assertThat(events.<String>path("data[0].details.digest")).isEqualTo(one.path("digest"));
    assertThat(
            admin()
                .get("/v1/admin/audit?action=prompts.read&object=/v1/admin/prompts/" + id)
                .<List<Object>>path("data"))
        .hasSize(1);
    assertThat(
            admin()
                .get("/v1/admin/audit?action=tenant.keep-prompts&object=tenants/" + made.tenant())
                .<String>path("data[0].details.promptBytes"))
        .isEqualTo("65536");
  }

  @Test
  void noMoreOfARequestIsKeptThanTheTenantWants() throws IOException {
    Made made = tenantKeeping(14);
    assertThat(handOver(awaitLeave(made, true)).<Integer>path("kept")).isEqualTo(14);
    String id = admin().get("/v1/admin/prompts?tenant=" + made.tenant()).path("data[0].id");
    assertThat(admin().get("/v1/admin/prompts/" + id).<String>path("text"))
        .isEqualTo("{\"prompt\":\"mar");
  }

  @Test
  void whatIsForgottenOpensNoMore() throws IOException {
    Made made = tenantKeeping(1_000);
    JsonNode leave = awaitLeave(made, true);
    assertThat(handOver(leave).statusCode()).isEqualTo(200);
    String path = "/v1/admin/prompts?tenant=" + made.tenant();
    String id = admin().get(path).path("data[0].id");
    admin().delete(path).then().statusCode(204);
    admin().get("/v1/admin/prompts/" + id).then().statusCode(404);
    assertThat(
            database.<List<String>>read(
                session ->
                    session.list(
                        row -> row.text("id"),
                        "SELECT id FROM data_key WHERE ring = ?",
                        "prompts/" + made.tenant())))
        .isEmpty();
    admin()
        .body(Map.of("promptBytes", 0))
        .patch("/v1/admin/tenants/" + made.tenant())
        .then()
        .statusCode(200);
    assertThat(handOver(leave).statusCode()).isEqualTo(409); // though its decision said otherwise
    awaitLeave(made, false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "131073", "\"all\""})
  void whatIsKeptHasABound(String bytes) throws IOException {
    Response refused =
        admin().body("{\"promptBytes\":" + bytes + "}").patch("/v1/admin/tenants/" + tenant());
    assertThat(refused.statusCode()).isEqualTo(400);
  }

  @Test
  void onlyAnAdministratorMayAskForItAndOnlyServicesHandPromptsOver() throws IOException {
    Made made = key("developer", Map.of());
    for (String role : List.of("developer", "auditor", "guest")) {
      with(key(role, Map.of()).key())
          .body(Map.of("promptBytes", 100))
          .patch("/v1/admin/tenants/" + made.tenant())
          .then()
          .statusCode(403);
    }
    assertThat(given().body("{}").post("/v1/prompts/x").statusCode()).isEqualTo(401);
    Response forged =
        given()
            .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
            .body(example("prompt-request").toString())
            .post("/v1/prompts/Zm9yZ2Vk.Y29kZQ");
    assertThat(forged.statusCode()).isEqualTo(404);
  }
}
