package platform.deepseek.auth.audit;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.StoreUnavailable;

/**
 * The command that verifies the audit: {@code make audit-verify}. It ends with 0 when nothing is
 * wrong, 1 when something is, 2 when it could not look.
 */
public final class AuditVerifier {

  static final int SOUND = 0;
  static final int FINDINGS = 1;
  static final int FAILED = 2;

  private static final String USAGE =
      """
      Verifies the audit. What is read, one of:
        --export FILE         what GET /v1/admin/audit/export answered
        --database-url URL    JDBC address (or DEEPSEEK_AUTH_DATABASE_URL, _USER and _PASSWORD)
        --data-folder FOLDER  of a service with an H2 file, while it does not run
      What it is held against:
        --key FILE            public JWKs that are trusted, one a line; without it the first
                              checkpoint's key is believed, and told
        --remembered FILE     checkpoints that a witness kept, one a line
      """;

  private final PrintStream out;
  private final Map<String, String> environment;
  private final Instant now;

  AuditVerifier(PrintStream out, Map<String, String> environment, Instant now) {
    this.out = out;
    this.environment = environment;
    this.now = now;
  }

  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    int status =
        new AuditVerifier(out, System.getenv(), Clock.systemUTC().instant()).run(arguments);
    System.exit(status);
  }

  int run(String... arguments) {
    try {
      Options options = Options.parse(arguments);
      if (options.export().isPresent()) {
        try (Stream<String> lines = Files.lines(options.export().get(), StandardCharsets.UTF_8)) {
          return verify(Export.read(lines), options);
        }
      }
      Optional<DatabaseAddress> address = address(options);
      if (address.isEmpty()) {
        out.print(USAGE);
        return FAILED;
      }
      try (Database database = Database.attach(address.get().existing())) {
        return verify(new DatabaseEvidence(database), options);
      }
    } catch (NoSuchFileException e) {
      out.printf("There is no file %s.%n", e.getMessage());
    } catch (IOException | StoreUnavailable e) {
      out.printf("It cannot be read: %s%n", e.getMessage());
    } catch (IllegalArgumentException e) {
      out.printf("%s.%n%n%s", e.getMessage(), USAGE);
    }
    return FAILED;
  }

  private Optional<DatabaseAddress> address(Options options) {
    if (options.dataFolder().isPresent()) {
      return Optional.of(DatabaseAddress.inFolder(options.dataFolder().get(), 1));
    }
    return options
        .databaseUrl()
        .or(() -> Optional.ofNullable(environment.get("DEEPSEEK_AUTH_DATABASE_URL")))
        .map(
            url ->
                new DatabaseAddress(
                    url,
                    Optional.ofNullable(environment.get("DEEPSEEK_AUTH_DATABASE_USER")),
                    Optional.ofNullable(environment.get("DEEPSEEK_AUTH_DATABASE_PASSWORD")),
                    1,
                    0));
  }

  private int verify(Evidence evidence, Options options) throws IOException {
    List<String> trusted = options.key().isPresent() ? lines(options.key().get()) : List.of();
    List<StoredCheckpoint> remembered =
        options.remembered().isPresent()
            ? lines(options.remembered().get()).stream().map(StoredCheckpoint::parse).toList()
            : List.of();
    Verification verification = new Verification(evidence, trusted, remembered, now);
    List<Finding> findings = verification.run();
    findings.forEach(out::println);
    verification
        .believed()
        .ifPresent(
            kid ->
                out.printf(
                    "No --key was given, so the first checkpoint's key was believed: %s%n", kid));
    if (remembered.isEmpty()) {
      out.println("No --remembered was given, so a cut off end would not be seen.");
    }
    out.printf(
        "%d entries, %d checkpoints, %d findings%n",
        verification.entries(), verification.checkpoints(), findings.size());
    return findings.isEmpty() ? SOUND : FINDINGS;
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
        .filter(line -> !line.isBlank())
        .toList();
  }

  private record Options(
      Optional<Path> export,
      Optional<String> databaseUrl,
      Optional<Path> dataFolder,
      Optional<Path> key,
      Optional<Path> remembered) {

    private static final List<String> NAMES =
        List.of("--export", "--database-url", "--data-folder", "--key", "--remembered");

    static Options parse(String... arguments) {
      Map<String, String> values = new HashMap<>();
      for (int i = 0; i < arguments.length; i += 2) {
        if (!NAMES.contains(arguments[i])) {
          throw new IllegalArgumentException("There is no option " + arguments[i]);
        }
        if (i + 1 == arguments.length) {
          throw new IllegalArgumentException("A value is missing after " + arguments[i]);
        }
        values.put(arguments[i], arguments[i + 1]);
      }
      return new Options(
          path(values, "--export"),
          Optional.ofNullable(values.get("--database-url")),
          path(values, "--data-folder"),
          path(values, "--key"),
          path(values, "--remembered"));
    }

    private static Optional<Path> path(Map<String, String> values, String name) {
      return Optional.ofNullable(values.get(name)).map(Path::of);
    }
  }
}
