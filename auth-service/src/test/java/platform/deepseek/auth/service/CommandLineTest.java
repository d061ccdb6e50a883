package platform.deepseek.auth.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.auth.factor.PhoneApp;

/** The program deploy/admin/deepseek-admin against the live service, as people run it. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class CommandLineTest extends LiveService {

  private static final Path PROGRAM = Path.of("..", "deploy", "admin", "deepseek-admin");

  @TempDir Path home;

  private record Done(int status, String out, String err) {
    JsonNode json() throws IOException {
      return JSON.readTree(out);
    }
  }

  @BeforeEach
  void thereIsPython() {
    boolean found =
        List.of(System.getenv("PATH").split(":")).stream()
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "python3")));
    assumeTrue(found, "no python3 on the PATH");
  }

  private Done run(String... arguments) throws Exception {
    return run(Map.of("DEEPSEEK_ADMIN_KEY_FILE", keysFolder.resolve("admin-key")), arguments);
  }

  private Done run(Map<String, Object> environment, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3", PROGRAM.toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(home, "out", "");
    Path err = Files.createTempFile(home, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("DEEPSEEK_ADMIN"));
    builder.environment().put("XDG_STATE_HOME", home.toString());
    builder.environment().put("DEEPSEEK_ADMIN_ADDRESS", "http://127.0.0.1:" + RestAssured.port);
    environment.forEach((name, value) -> builder.environment().put(name, value.toString()));
    Process process = builder.start();
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    return new Done(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private String id(String... arguments) throws Exception {
    Done done = run(arguments);
    assertThat(done.status()).as(done.err()).isZero();
    return done.json().get("id").textValue();
  }

  @Test
  void aTenantGetsAUserAKeyLimitsAndAPrice() throws Exception {
    String name = "Acme & co " + UUID.randomUUID();
    String tenant = id("tenants", "create", name, "--priority", "3", "--json");
    assertThat(run("tenants", "list").out()).contains(tenant).contains(name);
    String user = id("users", "create", "ann", "--tenant", tenant, "--role", "developer", "--json");
    JsonNode key =
        run(
                "keys",
                "create",
                "laptop",
                "--tenant",
                tenant,
                "--user",
                user,
                "--role",
                "developer",
                "--from-address",
                "203.0.113.0/24",
                "--from-address",
                "127.0.0.0/8",
                "--limit",
                "tokensPerDay=5000",
                "--json")
            .json();
    String id = key.get("id").textValue();
    assertThat(decide("decision-request", key.get("key").textValue()).get("allow").booleanValue())
        .isTrue();
    assertThat(run("limits", "set", "key", id, "requestsPerSecond=7", "tokensPerDay=none").status())
        .isZero();
    assertThat(run("limits", "show", "key", id, "--json").json().get("limits").toString())
        .isEqualTo("{\"requestsPerSecond\":7}");
    assertThat(run("limits", "remove", "key", id).status()).isZero();
    assertThat(run("weights", "set", "key", id, "25").status()).isZero();
    assertThat(run("weights", "list").out()).contains(id);
    assertThat(run("weights", "show", "key", id, "--json").json().get("weight").intValue())
        .isEqualTo(25);
    assertThat(run("weights", "remove", "key", id).status()).isZero();
    JsonNode successor = run("keys", "rotate", id, "--overlap", "15m", "--json").json();
    assertThat(successor.get("lineage").textValue()).isEqualTo(id);
    assertThat(run("keys", "revoke", id).out()).isEqualTo("Key " + id + " is revoked.\n");
    assertThat(run("keys", "list", "--tenant", tenant, "--csv").out().lines())
        .hasSize(3)
        .first()
        .isEqualTo("id,tenant,user,name,role,state,createdAt,expiresAt");
    assertThat(run("users", "change", user, "--name", "anna", "--disable").status()).isZero();
    assertThat(run("users", "delete", user).status()).isZero();
    assertThat(run("users", "show", user).status()).isEqualTo(4);
    String model = UUID.randomUUID().toString();
    assertThat(run("prices", "set", model, "--prompt", "5", "--completion", "9").status()).isZero();
    assertThat(run("prices", "list").out()).contains(model);
    assertThat(run("prices", "remove", model).status()).isZero();
    JsonNode keeping = run("tenants", "change", tenant, "--keep-prompts", "1000", "--json").json();
    assertThat(keeping.get("promptBytes").intValue()).isEqualTo(1_000);
    assertThat(run("prompts", "list", "--tenant", tenant, "--json").json().get("data")).isEmpty();
    assertThat(run("prompts", "forget", "--tenant", tenant).status()).isZero();
    assertThat(run("tenants", "delete", tenant).status()).isZero();
  }

  @Test
  void anIdentityProviderIsEnteredAndTakenAway() throws Exception {
    String tenant = id("tenants", "create", "sso " + UUID.randomUUID(), "--json");
    String url = "https://sso.example.com/" + UUID.randomUUID();
    String[] create = {
      "issuers", "create", url, "--tenant", tenant, "--audience", "deepseek", "--role", "boss=admin"
    };
    JsonNode issuer = run(with(create, "--json")).json();
    assertThat(issuer.get("roles").toString()).isEqualTo("{\"boss\":\"admin\"}");
    String id = issuer.get("id").textValue();
    assertThat(run("issuers", "list").out()).contains(id).contains(url);
    assertThat(run("issuers", "delete", id).out())
        .isEqualTo("Issuer " + id + " is let in no more.\n");
    assertThat(run("issuers", "show", id).status()).isEqualTo(4);
  }

  @Test
  void theBookComesOutLineByLine() throws Exception {
    String name = "exported " + UUID.randomUUID();
    id("tenants", "create", name, "--json");
    Done export = run("audit-export");
    assertThat(export.status()).as(export.err()).isZero();
    for (String line : export.out().lines().toList()) {
      assertThat(JSON.readTree(line).isObject()).isTrue();
    }
    assertThat(run("audit", "action=tenants.create").out()).contains("/v1/admin/tenants");
    assertThat(run("audit-checkpoints").status()).isZero();
  }

  @Test
  void usageIsATableJsonOrCsv() throws Exception {
    Made made = key("developer", Map.of());
    settle(decide("decision-request", made.key()), 200);
    String[] report = {"usage", "--tenant", made.tenant(), "--by", "key,model"};
    assertThat(run(report).out().lines().findFirst().orElseThrow())
        .matches("key +model +requests +promptTokens +cachedTokens .*");
    assertThat(run(with(report, "--json")).json().at("/data/0/key").textValue())
        .isEqualTo(made.id());
    assertThat(run(with(report, "--csv")).out())
        .startsWith("key,model,requests,prompt_tokens,")
        .contains("\"" + made.id() + "\"");
  }

  private static String[] with(String[] arguments, String more) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add(more);
    return all.toArray(String[]::new);
  }

  @Test
  void anElevationIsKeptInAFileOfItsOwnersAlone() throws Exception {
    Made made = key("admin", Map.of());
    JsonNode enrolment = run("users", "enrol", made.user(), "--json").json();
    String uri = enrolment.get("uri").textValue();
    long step = PhoneApp.currentStep();
    Map<String, Object> ann = Map.of("DEEPSEEK_ADMIN_KEY", made.key());
    Done confirmed = run(ann, "confirm", "--code", PhoneApp.code(uri, step));
    assertThat(confirmed.out().lines().filter(line -> line.matches("  (\\w{4}-){3}\\w{4}")))
        .hasSize(10);
    Path file = home.resolve("deepseek-admin").resolve("elevation.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).doesNotContain(made.key()).contains("127.0.0.1");
    assertThat(run(ann, "status", "--json").json().get("elevatedUntil").isTextual()).isTrue();
    assertThat(run(ann, "lower").status()).isZero();
    assertThat(file).doesNotExist();
    Done wrong = run(ann, "elevate", "--code", "no code");
    assertThat(wrong.status()).isEqualTo(3);
    assertThat(wrong.err()).startsWith("error: The code is wrong. 4 more");
    Map<String, Object> withCode =
        Map.of(
            "DEEPSEEK_ADMIN_KEY", made.key(), "DEEPSEEK_ADMIN_CODE", PhoneApp.code(uri, step + 1));
    assertThat(run(withCode, "elevate", "--json").json().get("method").textValue())
        .isEqualTo("totp");
    assertThat(run("elevations", "list").out()).contains(made.id());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tenants show none | 4 | error: There is no tenant 'none'.",
        "tenants create platform | 5 | error: There is one like it already",
        "users create ann --tenant none --role root | 1 | error: Invalid 'role'",
        "keys rotate unknown0 --overlap soon | 2 | usage:",
        "--address http://203.0.113.9 tenants list | 2 | error: http://203.0.113.9 would send the key",
        "--address http://127.0.0.1:1 tenants list | 6 | error: http://127.0.0.1:1 does not answer",
        "--key-file /nowhere tenants list | 2 | error: no key in /nowhere",
        "tenants | 2 | usage:"
      })
  void aFailureIsOneSentenceAndAStatus(String arguments, int status, String begins)
      throws Exception {
    Done done = run(arguments.split(" "));
    assertThat(done.status()).as(done.err()).isEqualTo(status);
    assertThat(done.err()).startsWith(begins).doesNotContain("Traceback");
    assertThat(done.out()).isEmpty();
  }

  @Test
  void aKeyOfAnotherRoleIsTurnedAway() throws Exception {
    Made developer = key("developer", Map.of());
    Done done = run(Map.of("DEEPSEEK_ADMIN_KEY", developer.key()), "tenants", "list");
    assertThat(done.status()).isEqualTo(3);
    assertThat(done.err())
        .isEqualTo(
            "error: The role developer may not read_tenants. Use a key of a role that may.\n");
  }
}
