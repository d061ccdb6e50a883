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
      String name = "auth" + COUNT.incrementAndGet();
      try (Connection connection = Server.INSTANCE.getPostgresDatabase().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE " + name);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      return new DatabaseAddress(
          Server.INSTANCE.getJdbcUrl("postgres", name),
          Optional.of("postgres"),
          Optional.empty(),
          8,
          START_RETRIES);
    }
  };

  /** A busy machine may not connect within the two seconds of one attempt. */
  private static final int START_RETRIES = 30;

  private static final AtomicInteger COUNT = new AtomicInteger();

  /** An empty database. */
  public abstract DatabaseAddress fresh();

  /** Started with the first test that asks for it, stopped with the process. */
  private static final class Server {
    static final EmbeddedPostgres INSTANCE = start();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder().start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
