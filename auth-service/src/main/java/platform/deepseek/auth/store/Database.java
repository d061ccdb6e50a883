package platform.deepseek.auth.store;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.flywaydb.core.Flyway;

/**
 * The pool of connections and the three ways to use one: {@link #read}, {@link #write}, and {@link
 * #change} for whatever requests are judged by.
 *
 * <p>A change takes the single row of {@code revision} before anything else, adds one to its number
 * and gives it a mark of its own. Changes therefore commit one after the other and in the order of
 * their numbers, and a reader that fetched the number in the same statement as the data knows
 * exactly how fresh it is: package identity keeps what it read until the number moves. Changes are
 * made by people; that they wait for each other costs nothing.
 */
public final class Database implements AutoCloseable {

  /** Work on one connection. */
  @FunctionalInterface
  public interface Work<T> {
    T run(Session session) throws SQLException;
  }

  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final SecureRandom MARKS = new SecureRandom();
  // Classes of SQLSTATE.
  private static final String CONSTRAINT_VIOLATION = "23";
  private static final String DATA_EXCEPTION = "22";

  private final AgroalDataSource pool;

  private Database(AgroalDataSource pool) {
    this.pool = pool;
  }

  /** Opens the pool and brings the schema to its newest version. */
  public static Database open(DatabaseAddress address) {
    AgroalDataSource pool;
    try {
      pool = AgroalDataSource.from(configuration(address));
    } catch (SQLException e) {
      throw new StoreUnavailable(e);
    }
    try {
      Flyway.configure()
          .dataSource(pool)
          .locations("classpath:db/migration", "classpath:db/protection/" + address.product())
          .connectRetries(address.startRetries())
          .load()
          .migrate();
      return new Database(pool);
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  /** Opens the pool and leaves the schema as it is. */
  public static Database attach(DatabaseAddress address) {
    try {
      return new Database(AgroalDataSource.from(configuration(address)));
    } catch (SQLException e) {
      throw new StoreUnavailable(e);
    }
  }

  private static AgroalDataSourceConfigurationSupplier configuration(DatabaseAddress address) {
    return new AgroalDataSourceConfigurationSupplier()
        .connectionPoolConfiguration(
            configuration ->
                configuration
                    .maxSize(address.connections())
                    .acquisitionTimeout(PATIENCE)
                    .validateOnBorrow(false)
                    .validationTimeout(Duration.ofSeconds(5))
                    .connectionFactoryConfiguration(
                        factory -> {
                          factory.jdbcUrl(address.url()).loginTimeout(PATIENCE);
                          address
                              .user()
                              .ifPresent(user -> factory.principal(new NamePrincipal(user)));
                          address
                              .password()
                              .ifPresent(word -> factory.credential(new SimplePassword(word)));
                          address.driverProperties().forEach(factory::jdbcProperty);
                          return factory;
                        }));
  }

  /** Statements that each stand alone. */
  public <T> T read(Work<T> work) {
    try (Connection connection = pool.getConnection()) {
      return work.run(new Session(connection));
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** A transaction that requests are not judged by: usage, audit. */
  public <T> T write(Work<T> work) {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      try {
        T result = work.run(new Session(connection));
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        rollback(connection, e);
        throw e;
      }
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** A transaction that every replica learns of within the time of one poll. */
  public <T> T change(Work<T> work) {
    return write(
        session -> {
          session.run("UPDATE revision SET number = number + 1, mark = ?", MARKS.nextLong());
          return work.run(session);
        });
  }

  /** The newest change. */
  public Revision revision() {
    return read(Database::revision);
  }

  /** The same on a connection that is being used. */
  public static Revision revision(Session session) throws SQLException {
    return session
        .first(
            row -> new Revision(row.number("number"), row.number("mark")),
            "SELECT number, mark FROM revision")
        .orElseThrow();
  }

  /**
   * Ties the database to the pepper that its digests are made with, at the first start; checks it
   * at every other.
   *
   * @return whether it is the same
   */
  public boolean tie(byte[] fingerprint) {
    return write(
        session -> {
          session.run("UPDATE revision SET pepper = ? WHERE pepper IS NULL", (Object) fingerprint);
          return session
              .first(row -> 1, "SELECT number FROM revision WHERE pepper = ?", (Object) fingerprint)
              .isPresent();
        });
  }

  @Override
  public void close() {
    pool.close();
  }

  private static void rollback(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  /** Where one connection broke the others did too: none of them is to fail another request. */
  private RuntimeException failure(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (state.startsWith(CONSTRAINT_VIOLATION)) {
      return new Conflict(e);
    }
    if (state.startsWith(DATA_EXCEPTION)) {
      return new Unstorable(e);
    }
    pool.flush(AgroalDataSource.FlushMode.GRACEFUL);
    return new StoreUnavailable(e);
  }
}
