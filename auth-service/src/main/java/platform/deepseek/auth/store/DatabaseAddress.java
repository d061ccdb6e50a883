package platform.deepseek.auth.store;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where the database is.
 *
 * @param url of JDBC, for PostgreSQL or H2
 * @param connections at most
 * @param startRetries seconds that a start waits for a database that is still starting
 */
public record DatabaseAddress(
    String url,
    Optional<String> user,
    Optional<String> password,
    int connections,
    int startRetries) {

  /** A file is there at once, and on a busy machine H2 still needs seconds to open it. */
  private static final int FILE_RETRIES = 10;

  private static final String POSTGRESQL = "jdbc:postgresql:";
  private static final String H2 = "jdbc:h2:";

  public DatabaseAddress {
    if (!url.startsWith(POSTGRESQL) && !url.startsWith(H2)) {
      throw new IllegalArgumentException(
          "the database address '%s' begins neither with %s nor with %s"
              .formatted(url, POSTGRESQL, H2));
    }
  }

  /** A file of H2's in a folder, for one process. */
  public static DatabaseAddress inFolder(Path folder, int connections) {
    return new DatabaseAddress(
        H2
            + "file:"
            + folder.toAbsolutePath().resolve("auth")
            + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH"
            // Written at each commit: by default a killed process forgets its last half second.
            + ";WRITE_DELAY=0"
            // Closed by the service, after its last events: H2's own hook would come before them.
            + ";DB_CLOSE_ON_EXIT=FALSE",
        Optional.of("sa"),
        Optional.empty(),
        connections,
        FILE_RETRIES);
  }

  /** The same, where it is there already; H2 makes no new file then. */
  public DatabaseAddress existing() {
    return url.startsWith(H2)
        ? new DatabaseAddress(url + ";IFEXISTS=TRUE", user, password, connections, startRetries)
        : this;
  }

  /** Which of the two it is: postgresql or h2. */
  String product() {
    return url.startsWith(POSTGRESQL) ? "postgresql" : "h2";
  }

  /** A server that went away without a word is given up on instead of waited for. */
  Map<String, String> driverProperties() {
    return url.startsWith(POSTGRESQL)
        ? Map.of("connectTimeout", "2", "socketTimeout", "5", "tcpKeepAlive", "true")
        : Map.of();
  }
}
