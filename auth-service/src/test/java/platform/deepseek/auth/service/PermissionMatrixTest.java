package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.AdminRoutes;
import platform.deepseek.auth.credential.Role;

/** The permission matrix cell by cell, as it is at the routes that people reach. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class PermissionMatrixTest extends LiveService {

  /** What was agreed on, written down apart from the table that the service runs with. */
  private static final Map<Action, Set<Role>> AGREED = new EnumMap<>(Action.class);

  static {
    for (Action action : Action.values()) {
      Set<Role> roles = EnumSet.of(Role.ADMIN);
      String label = action.label();
      if (Set.of("generate", "look").contains(label)) {
        roles.addAll(EnumSet.of(Role.DEVELOPER, Role.GUEST));
      }
      if (Set.of("read_prices", "read_own_usage", "use_tokens").contains(label)) {
        roles.add(Role.DEVELOPER);
      }
      if (label.equals("use_tokens")
          || label.startsWith("read_") && !label.equals("read_own_usage")) {
        roles.add(Role.AUDITOR);
      }
      AGREED.put(action, roles);
    }
  }

  @ConfigProperty(name = "quarkus.management.test-port")
  int managementPort;

  @Test
  void everyRouteOfTheAdministrationAnswersTheRolesOfItsCellAndNoOther() throws IOException {
    Map<Role, String> keys = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      keys.put(role, key(role.label(), Map.of()).key());
    }
    for (AdminRoutes.Route route : AdminRoutes.all()) {
      Set<Role> allowed = AGREED.get(route.action().orElseThrow());
      for (Role role : Role.values()) {
        Response answer = with(keys.get(role)).body("{}").request(route.method(), route.sample());
        boolean denied = "permission_denied".equals(code(answer));
        assertThat(denied)
            .as("%s asks %s: %d", role, route, answer.statusCode())
            .isEqualTo(!allowed.contains(role));
        assertThat(answer.statusCode() == 403).isEqualTo(denied);
      }
      assertThat(given().request(route.method(), route.sample()).statusCode()).isEqualTo(401);
    }
  }

  private static String code(Response answer) {
    return answer.contentType().startsWith("application/json")
        ? answer.jsonPath().getString("error.code")
        : null;
  }

  @Test
  void everyRouteBehindTheEdgeIsDecidedAsItsCellSays() throws IOException {
    Map<Role, String> keys = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      keys.put(role, key(role.label(), Map.of()).key());
    }
    Set<Action> met = new HashSet<>();
    for (String[] row : routes()) {
      Action action = Action.valueOf(row[2].toUpperCase(Locale.ROOT));
      if (!met.add(action)) {
        continue; // RouteTableTest has every row; a few hundred questions would tell nothing more
      }
      for (Role role : Role.values()) {
        ObjectNode question = (ObjectNode) example("decision-look-request");
        question
            .put("credential", keys.get(role))
            .put("clientAddress", "127.0.0.1")
            .put("method", row[0])
            .put("path", row[1].replace("**", "x").replace("*", "x"));
        JsonNode decision = decide(question);
        assertThat(decision.get("allow").booleanValue())
            .as("%s asks %s %s: %s", role, row[0], row[1], decision)
            .isEqualTo(AGREED.get(action).contains(role));
      }
    }
    assertThat(met).contains(Action.GENERATE, Action.LOOK, Action.READ_LOGS);
  }

  private static List<String[]> routes() throws IOException {
    try (InputStream in = Action.class.getResourceAsStream("/access/routes.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.replaceFirst("#.*", "").strip())
          .filter(line -> !line.isEmpty())
          .map(line -> line.split(" +"))
          .toList();
    }
  }

  @Test
  void theOpenApiDocumentHasEveryRouteWithItsPermissionAndItsFailures() throws IOException {
    JsonNode document =
        JSON.readTree(
            given()
                .port(managementPort)
                .get("/q/openapi?format=json")
                .then()
                .statusCode(200)
                .extract()
                .asString());
    Map<String, String> published = new TreeMap<>();
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        operation ->
                            published.put(
                                operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
                                operation.getValue().path("x-permission").textValue())));
    Map<String, String> real = new TreeMap<>();
    for (AdminRoutes.Route route : AdminRoutes.all()) {
      real.put(route.toString(), route.action().orElseThrow().label());
      JsonNode operation =
          document.get("paths").get(route.path()).get(route.method().toLowerCase(Locale.ROOT));
      for (String status : List.of("400", "401", "403", "503")) {
        assertThat(
                operation
                    .get("responses")
                    .get(status)
                    .at("/content/application~1json/schema/$ref")
                    .textValue())
            .isEqualTo("#/components/schemas/Failure");
      }
    }
    assertThat(published).isEqualTo(real);
    assertThat(document.at("/components/securitySchemes/bearer/scheme").textValue())
        .isEqualTo("bearer");
  }

  @Test
  void aDevelopersKeyIsBoundToItsAddresses() throws Exception {
    Made made = key("developer", Map.of("addresses", List.of("203.0.113.0/24", "2001:db8::/32")));
    try (Elsewhere inside = new Elsewhere(made.key(), "203.0.113.77");
        Elsewhere six = new Elsewhere(made.key(), "2001:db8::7");
        Elsewhere outside = new Elsewhere(made.key(), "198.51.100.1")) {
      assertThat(inside.get("/v1/admin/prices").status()).isEqualTo(200);
      assertThat(six.get("/v1/admin/prices").status()).isEqualTo(200);
      assertThat(outside.get("/v1/admin/prices").code()).isEqualTo("address_not_allowed");
    }
  }

  @Test
  void aGuestIsLetInTenTimesInASecond() throws IOException {
    Made guest = key("guest", Map.of());
    int allowed = 0;
    int refused = 0;
    long start = System.nanoTime();
    for (int i = 0; i < 30; i++) {
      JsonNode decision = decide("decision-look-request", guest.key());
      if (decision.get("allow").booleanValue()) {
        allowed++;
      } else {
        assertThat(decision.get("code").textValue()).isEqualTo("rate_limit_exceeded");
        refused++;
      }
    }
    long seconds = (System.nanoTime() - start) / 1_000_000_000 + 1;
    assertThat(allowed).isBetween(10, (int) (10 * (seconds + 1)));
    assertThat(allowed + refused).isEqualTo(30);
  }
}
