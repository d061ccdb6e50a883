package platform.deepseek.auth.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.audit.Heard;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.MasterKey;
import platform.deepseek.auth.factor.Confirmation;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.factor.PhoneApp;
import platform.deepseek.auth.factor.Proof;
import platform.deepseek.auth.factor.Totp;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.Users;

class FirstStartTest {

  private static final Pepper PEPPER = Pepper.of("5e".repeat(32));

  @TempDir Path folder;

  private final Queue<String> shown = new ConcurrentLinkedQueue<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord message) {
          shown.add(
              message instanceof ExtLogRecord whole
                  ? whole.getFormattedMessage()
                  : message.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final Logger log = Logger.getLogger(FirstStart.class.getName());

  @BeforeEach
  void listen() {
    log.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    log.removeHandler(handler);
  }

  private FirstStart replica(Database database, Map<String, String> more) {
    AuthConfig config =
        new SmallRyeConfigBuilder()
            .withConverter(Duration.class, 200, new DurationConverter())
            .withMapping(AuthConfig.class)
            .withSources(new PropertiesConfigSource(more, "test", 100))
            .build()
            .getConfigMapping(AuthConfig.class);
    InstantSource clock = InstantSource.system();
    Keys keys = new Keys(database, PEPPER, "live", clock);
    return new FirstStart(
        config,
        new Tenants(database, clock),
        new Users(database, clock),
        keys,
        factors(database),
        database,
        new LocalKeys(keys, PEPPER, clock, new Heard()),
        new Heard());
  }

  private static Factors factors(Database database) {
    InstantSource clock = InstantSource.system();
    return new Factors(
        database,
        new KeyRings(
                database,
                MasterKey.of("3a".repeat(32)),
                CryptoProfile.STANDARD,
                Duration.ofDays(7),
                clock)
            .ring("second-factor"),
        PEPPER,
        Totp.USUAL,
        "DeepSeek",
        clock);
  }

  private void startTogether(DatabaseAddress address, Map<String, String> more) throws Exception {
    List<Database> databases = new ArrayList<>();
    CyclicBarrier start = new CyclicBarrier(4);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Object>> replicas = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Database database = Database.open(address);
        databases.add(database);
        FirstStart replica = replica(database, more);
        replicas.add(
            () -> {
              start.await();
              replica.run();
              return null;
            });
      }
      for (Future<Object> done : threads.invokeAll(replicas)) {
        done.get();
      }
    } finally {
      databases.forEach(Database::close);
    }
  }

  @ParameterizedTest
  @EnumSource
  void replicasThatStartTogetherShowTheFirstAdministratorOnce(Engine engine) throws Exception {
    DatabaseAddress address = engine.fresh();
    startTogether(address, Map.of());
    List<String> first = shown.stream().filter(line -> line.contains("otpauth://")).toList();
    assertThat(first).hasSize(1);
    Matcher parts =
        Pattern.compile("key (sk-\\S+) and the second factor (otpauth://\\S+)")
            .matcher(first.getFirst());
    assertThat(parts.find()).isTrue();
    try (Database database = Database.open(address)) {
      Keys keys = new Keys(database, PEPPER, "live", InstantSource.system());
      assertThat(keys.all())
          .singleElement()
          .satisfies(
              key ->
                  assertThat(key.id()).isEqualTo(ApiKey.parse(parts.group(1)).orElseThrow().id()));
      String user = keys.all().getFirst().user().orElseThrow();
      Confirmation confirmation =
          factors(database).confirm(user, PhoneApp.code(parts.group(2), PhoneApp.currentStep()));
      assertThat(confirmation.proof()).isEqualTo(new Proof.Accepted(Proof.Method.TOTP));
    }
    startTogether(address, Map.of());
    assertThat(shown).filteredOn(line -> line.contains("otpauth://")).hasSize(1);
  }

  @Test
  void aLocalRunWritesItsKeysAndShowsNoSecret() {
    try (Database database = Database.open(Engine.H2.fresh())) {
      replica(database, Map.of("deepseek.auth.local-keys-folder", folder.resolve("run").toString()))
          .run();
      assertThat(folder.resolve("run")).isDirectoryContaining("glob:**admin-key");
      assertThat(shown).noneMatch(line -> line.contains("sk-") || line.contains("otpauth"));
    }
  }
}
