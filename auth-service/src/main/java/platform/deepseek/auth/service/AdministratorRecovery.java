package platform.deepseek.auth.service;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import platform.deepseek.auth.audit.AuditUnavailable;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.StoreUnavailable;

/**
 * The command for an administrator who has lost phone and recovery codes: {@code make
 * admin-recover}. It ends with 0 when a new key and a new second factor were shown, 1 when it was
 * refused, 2 when it could not look.
 */
public final class AdministratorRecovery {

  static final int DONE = 0;
  static final int REFUSED = 1;
  static final int FAILED = 2;

  private static final String USAGE =
      """
      Gives an administrator a new key and a new second factor, shown once. All keys, elevations
      and recovery codes they had work no more. It is told to the audit first.
        --user NAME      or the id of the administrator
        --tenant NAME    or the id of their tenant; default: platform
        --operator NAME  who does this, for the audit
      Everything else is what auth-service is configured with, as environment variables or in the
      files of QUARKUS_CONFIG_LOCATIONS:
        DEEPSEEK_AUTH_DATABASE_URL, _USER, _PASSWORD   or DEEPSEEK_AUTH_DATA_FOLDER of an H2 file,
                                                       while the service does not run
        DEEPSEEK_AUTH_PEPPER, DEEPSEEK_CRYPTO_MASTER_KEY   or the files of that folder
      """;

  /** Where Quarkus is told of more files; the chart mounts one. */
  private static final String FILES = "quarkus.config.locations";

  private static final List<String> OPTIONS = List.of("--user", "--tenant", "--operator");

  private final PrintStream out;
  private final Map<String, String> settings;
  private final InstantSource clock;

  /**
   * @param settings beside those of the environment
   */
  AdministratorRecovery(PrintStream out, Map<String, String> settings, InstantSource clock) {
    this.out = out;
    this.settings = settings;
    this.clock = clock;
  }

  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.exit(new AdministratorRecovery(out, Map.of(), Clock.systemUTC()).run(arguments));
  }

  int run(String... arguments) {
    try {
      Map<String, String> options = parse(arguments);
      SmallRyeConfig config = config();
      AuthConfig auth = config.getConfigMapping(AuthConfig.class);
      CryptoConfig crypto = config.getConfigMapping(CryptoConfig.class);
      requireSecrets(auth, crypto);
      try (Database database = Database.attach(address(auth).existing())) {
        show(
            Recovery.of(auth, crypto, database, clock)
                .give(
                    options.getOrDefault("--tenant", FirstStart.FIRST_TENANT),
                    options.get("--user"),
                    options.get("--operator")));
        return DONE;
      }
    } catch (Recovery.Refused e) {
      out.println(e.getMessage());
      return REFUSED;
    } catch (IllegalArgumentException e) {
      out.printf("%s%n%n%s", e.getMessage(), USAGE);
    } catch (StoreUnavailable | AuditUnavailable | IllegalStateException e) {
      out.printf("It cannot be done: %s%n", e.getMessage());
    } catch (CompletionException e) {
      out.printf(
          "The audit cannot be written, so nothing was done: %s%n", e.getCause().getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return FAILED;
  }

  /** A wrong folder must not get secrets of its own. */
  private static void requireSecrets(AuthConfig auth, CryptoConfig crypto) {
    requireSecret(auth.pepper(), auth.dataFolder().resolve("pepper"));
    requireSecret(crypto.masterKey(), auth.dataFolder().resolve("master-key"));
  }

  private static void requireSecret(Optional<String> set, Path file) {
    if (set.isEmpty() && !Files.exists(file)) {
      throw new IllegalStateException(
          "there is no file %s: set DEEPSEEK_AUTH_DATA_FOLDER to the folder of the service, or the"
                  .formatted(file.toAbsolutePath())
              + " secrets to its own.");
    }
  }

  private static DatabaseAddress address(AuthConfig auth) {
    return auth.databaseUrl()
        .map(url -> new DatabaseAddress(url, auth.databaseUser(), auth.databasePassword(), 4, 0))
        .orElseGet(() -> DatabaseAddress.inFolder(auth.dataFolder(), 4));
  }

  /** As the service reads it: environment, system properties, the files that it names, defaults. */
  private SmallRyeConfig config() throws IOException {
    List<String> files = builder().build().getOptionalValues(FILES, String.class).orElse(List.of());
    SmallRyeConfigBuilder builder =
        builder()
            .withMapping(AuthConfig.class)
            .withMapping(CryptoConfig.class)
            .withValidateUnknown(false);
    for (String file : files) {
      builder.withSources(new PropertiesConfigSource(Path.of(file).toUri().toURL()));
    }
    return builder.build();
  }

  private SmallRyeConfigBuilder builder() throws IOException {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDefaultSources()
        .addDiscoveredConverters()
        .withSources(
            new PropertiesConfigSource(
                AdministratorRecovery.class.getResource("/application.properties")),
            new PropertiesConfigSource(settings, "command", 1_000));
  }

  private void show(Recovery.Given given) {
    out.printf(
        """
        Shown this once. %s has no other key, second factor or recovery code any more.
          key            %s
          second factor  %s
        Make a QR code of the second line for an authenticator app (qrencode -t ansiutf8 '...'), then
        show its first code: DEEPSEEK_ADMIN_KEY=... deepseek-admin confirm
        """,
        given.user().name(), given.key().key().reveal(), given.enrolment().uri());
  }

  private static Map<String, String> parse(String... arguments) {
    Map<String, String> values = new HashMap<>();
    values.put("--operator", System.getProperty("user.name", "unknown"));
    for (int i = 0; i < arguments.length; i += 2) {
      if (!OPTIONS.contains(arguments[i])) {
        throw new IllegalArgumentException("There is no option " + arguments[i] + ".");
      }
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException("A value is missing after " + arguments[i] + ".");
      }
      values.put(arguments[i], arguments[i + 1]);
    }
    if (!values.containsKey("--user")) {
      throw new IllegalArgumentException("Who? --user is missing.");
    }
    return values;
  }
}
