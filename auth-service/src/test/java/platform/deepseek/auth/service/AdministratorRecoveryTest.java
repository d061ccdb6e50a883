package platform.deepseek.auth.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.audit.AuditQuery;
import platform.deepseek.auth.audit.AuditReader;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.MasterKey;
import platform.deepseek.auth.factor.Elevations;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.factor.PhoneApp;
import platform.deepseek.auth.factor.Proof;
import platform.deepseek.auth.factor.Totp;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

/** The way back for an administrator who lost everything, on both databases. */
class AdministratorRecoveryTest {

  private static final String PEPPER = "5e".repeat(32);
  private static final String MASTER = "3a".repeat(32);
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final Pattern KEY = Pattern.compile("sk-live_\\S+");
  private static final Pattern FACTOR = Pattern.compile("otpauth://\\S+");

  private static final AuditQuery RECOVERIES =
      new AuditQuery(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.of("administrator.recover"),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  @TempDir Path folder;

  /** A platform with an administrator who has a key, a factor, recovery codes and an elevation. */
  private final class Scene implements AutoCloseable {
    final DatabaseAddress address;
    final Database database;
    final Keys keys;
    final Factors factors;
    final Elevations elevations;
    final Users users;
    final User admin;
    final IssuedKey key;
    final String oldUri;
    final List<String> recoveryCodes;

    Scene(Engine engine) {
      address = engine.fresh();
      database = Database.open(address);
      Pepper pepper = Pepper.of(PEPPER);
      assertThat(database.tie(pepper.fingerprint())).isTrue();
      keys = new Keys(database, pepper, "live", () -> NOW);
      factors =
          new Factors(
              database,
              new KeyRings(
                      database,
                      MasterKey.of(MASTER),
                      CryptoProfile.STANDARD,
                      Duration.ofDays(7),
                      () -> NOW)
                  .ring(Factors.RING),
              pepper,
              Totp.USUAL,
              "DeepSeek",
              () -> NOW);
      elevations = new Elevations(database, Duration.ofMinutes(15), () -> NOW);
      String tenant = new Tenants(database, () -> NOW).create("platform", 0).id();
      users = new Users(database, () -> NOW);
      admin = users.create(tenant, "admin", Role.ADMIN);
      users.create(tenant, "dora", Role.DEVELOPER);
      key =
          keys.issue(
              new KeyOrder(
                  tenant,
                  Optional.of(admin.id()),
                  "first",
                  Role.ADMIN,
                  Restrictions.NONE,
                  Optional.empty()));
      oldUri = factors.enrol(admin.id(), "admin").uri();
      recoveryCodes = factors.confirm(admin.id(), code(oldUri)).recoveryCodes();
      assertThat(recoveryCodes).hasSize(10);
      elevations.create(
          admin.id(),
          key.stored().id(),
          ClientAddress.parse("203.0.113.9").orElseThrow(),
          Proof.Method.TOTP);
    }

    String code(String uri) {
      return PhoneApp.code(uri, NOW.getEpochSecond() / 30);
    }

    Map<String, String> settings() {
      Map<String, String> settings = new HashMap<>();
      settings.put("deepseek.auth.database-url", address.url());
      address.user().ifPresent(user -> settings.put("deepseek.auth.database-user", user));
      address.password().ifPresent(word -> settings.put("deepseek.auth.database-password", word));
      settings.put("deepseek.auth.data-folder", folder.toString());
      settings.put("deepseek.auth.pepper", PEPPER);
      settings.put("deepseek.crypto.master-key", MASTER);
      return settings;
    }

    List<String> outcomes() {
      return new AuditReader(database)
          .find(RECOVERIES, Optional.empty(), 10).events().stream()
              .map(
                  found ->
                      found.event().outcome().label()
                          + " "
                          + found.event().details().get("operator"))
              .toList();
    }

    void requireUntouched() {
      assertThat(keys.find(key.stored().id()).orElseThrow().stateAt(NOW))
          .isEqualTo(StoredKey.State.ACTIVE);
      assertThat(factors.status(admin.id()).recoveryCodes()).isEqualTo(10);
      assertThat(elevations.current()).hasSize(1);
    }

    @Override
    public void close() {
      database.close();
    }
  }

  private record Ran(int status, String out) {
    String found(Pattern what) {
      Matcher matcher = what.matcher(out);
      assertThat(matcher.find()).as(out).isTrue();
      return matcher.group();
    }
  }

  private static Ran run(Map<String, String> settings, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status =
        new AdministratorRecovery(
                new PrintStream(out, true, StandardCharsets.UTF_8), settings, () -> NOW)
            .run(arguments);
    return new Ran(status, out.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @EnumSource
  void whoLostEverythingComesInAgainAndWhatWasLostOpensNothing(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      Ran ran = run(scene.settings(), "--user", "admin", "--operator", "olga");
      assertThat(ran.status()).as(ran.out()).isEqualTo(AdministratorRecovery.DONE);
      String secret = ran.found(KEY);
      String uri = ran.found(FACTOR);

      assertThat(scene.keys.find(scene.key.stored().id()).orElseThrow().stateAt(NOW))
          .isEqualTo(StoredKey.State.REVOKED);
      assertThat(scene.elevations.current()).isEmpty();
      assertThat(scene.factors.prove(scene.admin.id(), scene.code(scene.oldUri)))
          .isInstanceOf(Proof.NotEnrolled.class);
      assertThat(scene.factors.prove(scene.admin.id(), scene.recoveryCodes.getFirst()))
          .isInstanceOf(Proof.NotEnrolled.class);

      StoredKey fresh = scene.keys.find(secret.split("_")[1]).orElseThrow();
      assertThat(fresh.stateAt(NOW)).isEqualTo(StoredKey.State.ACTIVE);
      assertThat(fresh.user()).contains(scene.admin.id());
      assertThat(fresh.role()).isEqualTo(Role.ADMIN);
      assertThat(scene.factors.confirm(scene.admin.id(), scene.code(uri)).proof())
          .isEqualTo(new Proof.Accepted(Proof.Method.TOTP));
      assertThat(scene.outcomes()).containsExactlyInAnyOrder("attempted olga", "succeeded olga");
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoHasNotTheSecretsOfThePlatformChangesNothing(Engine engine) throws IOException {
    try (Scene scene = new Scene(engine)) {
      Map<String, String> settings = scene.settings();
      settings.put("deepseek.auth.pepper", "5f".repeat(32));
      assertThat(run(settings, "--user", "admin").status())
          .isEqualTo(AdministratorRecovery.REFUSED);
      settings = scene.settings();
      settings.put("deepseek.crypto.master-key", "3b".repeat(32));
      Ran wrong = run(settings, "--user", "admin");
      assertThat(wrong.status()).isEqualTo(AdministratorRecovery.REFUSED);
      assertThat(wrong.out()).contains("another master key").doesNotContain("sk-");
      settings.remove("deepseek.crypto.master-key");
      Ran none = run(settings, "--user", "admin");
      assertThat(none.status()).isEqualTo(AdministratorRecovery.FAILED);
      assertThat(none.out()).contains("there is no file").contains("master-key");
      try (var files = Files.list(folder)) {
        assertThat(files).isEmpty(); // none was made
      }
      scene.requireUntouched();
    }
  }

  @Test
  void aFileOfTheServicesConfigurationIsReadAndTheEnvironmentBeatsIt() throws IOException {
    try (Scene scene = new Scene(Engine.H2)) {
      Map<String, String> settings = scene.settings();
      String pepper = settings.remove("deepseek.auth.pepper");
      Properties mounted = new Properties();
      mounted.putAll(settings);
      mounted.setProperty("config_ordinal", "275");
      mounted.setProperty("deepseek.auth.pepper", "5f".repeat(32));
      Path file = folder.resolve("application.properties");
      try (Writer writer = Files.newBufferedWriter(file)) {
        mounted.store(writer, null);
      }
      Map<String, String> named = Map.of("quarkus.config.locations", file.toString());
      assertThat(run(named, "--user", "admin").status()).isEqualTo(AdministratorRecovery.REFUSED);
      Map<String, String> both = new HashMap<>(named);
      both.put("deepseek.auth.pepper", pepper);
      assertThat(run(both, "--user", "admin").status()).isEqualTo(AdministratorRecovery.DONE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyAnAdministratorThereIsGetsAnything(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      assertThat(run(scene.settings(), "--user", "dora").out())
          .isEqualTo("'dora' is no administrator who may come in: take one who is.\n");
      assertThat(run(scene.settings(), "--user", "nobody").out())
          .isEqualTo("There is no user 'nobody' of the tenant 'platform'.\n");
      assertThat(run(scene.settings(), "--user", "admin", "--tenant", "acme").out())
          .isEqualTo("There is no tenant 'acme'.\n");
      for (String[] wrong :
          List.of(new String[] {}, new String[] {"--user"}, new String[] {"--force", "yes"})) {
        Ran ran = run(scene.settings(), wrong);
        assertThat(ran.status()).isEqualTo(AdministratorRecovery.FAILED);
        assertThat(ran.out()).contains("--user NAME");
      }
      scene.requireUntouched();
      assertThat(scene.outcomes()).isEmpty();
    }
  }
}
