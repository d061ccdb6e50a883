package platform.deepseek.auth.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** The two databases that everything has to run on, both the real ones. */
public enum Engine {
  H2 {
    @Override
    public DatabaseAddress fresh() {
      return empty();
    }

    @Override
    DatabaseAddress empty() {
      return new DatabaseAddress(
          "jdbc:h2:mem:"
              + UUID.randomUUID()
              + ";DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE"
              + ";DEFAULT_NULL_ORDERING=HIGH",
          Optional.of("sa"),
          Optional.empty(),
          8,
          START_RETRIES);
    }
  },
  POSTGRESQL {
    @Override
    public DatabaseAddress fresh() {
      return Server.create("TEMPLATE " + Server.WITH_TABLES);
    }

    @Override
    DatabaseAddress empty() {
      return Server.create("");
    }
  };

  /** A busy machine may not connect within the two seconds of one attempt. */
  private static final int START_RETRIES = 30;

  private static final AtomicInteger COUNT = new AtomicInteger();

  /** A database of its own; tables may be there, and nothing is in them. */
  public abstract DatabaseAddress fresh();

  /** A database of its own without tables. */
  abstract DatabaseAddress empty();

  /** Started with the first test that asks for it, stopped with the process. */
  private static final class Server {
    static final EmbeddedPostgres INSTANCE = start();

    /** Copied for every test: that takes a fraction of the time of making the tables. */
    static final String WITH_TABLES = withTables();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder().setPGStartupWait(RealPostgres.PATIENCE).start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static String withTables() {
      String name = "with_tables";
      Database.open(create(name, "")).close();
      return name;
    }

    static DatabaseAddress create(String from) {
      return create("auth" + COUNT.incrementAndGet(), from);
    }

    private static DatabaseAddress create(String name, String from) {
      try (Connection connection = INSTANCE.getPostgresDatabase().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE " + name + " " + from);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      return new DatabaseAddress(
          INSTANCE.getJdbcUrl("postgres", name),
          Optional.of("postgres"),
          Optional.empty(),
          8,
          START_RETRIES);
    }
  }
}
