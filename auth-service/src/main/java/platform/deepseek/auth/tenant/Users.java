package platform.deepseek.auth.tenant;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Page;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/** The table of users. */
public final class Users {

  private final Database database;
  private final InstantSource clock;

  public Users(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * @throws platform.deepseek.auth.store.Conflict when the tenant has one of that name, or is none
   */
  public User create(String tenant, String name, Role role) {
    User user = prepare(tenant, name, role);
    return database.change(
        session -> {
          insert(session, user);
          return user;
        });
  }

  /** Makes a user that is not stored yet. */
  public User prepare(String tenant, String name, Role role) {
    return new User(
        UUID.randomUUID().toString(), tenant, name, role, Times.stored(clock.instant()), null);
  }

  /** Stores a user that was prepared, in a change that is open. */
  public static void insert(Session session, User user) throws SQLException {
    session.run(
        "INSERT INTO account (id, tenant_id, name, role, created_at) VALUES (?, ?, ?, ?, ?)",
        user.id(),
        user.tenant(),
        user.name(),
        user.role().label(),
        user.createdAt());
  }

  /**
   * Those that are not deleted.
   *
   * @param tenant whose; all when it is empty
   * @return nothing when there is no row to begin after
   */
  public Optional<List<User>> page(Optional<String> tenant, Page page) {
    return database.read(
        session ->
            page.read(
                session,
                Users::read,
                "account",
                Map.of("tenant_id", tenant),
                "deleted_at IS NULL"));
  }

  public List<User> all() {
    return page(Optional.empty(), Page.ALL).orElseThrow();
  }

  /** Unless they are deleted. */
  public Optional<User> find(String id) {
    return database.read(session -> present(session, id));
  }

  /** Unless they are deleted. */
  public static Optional<User> present(Session session, String id) throws SQLException {
    return session.first(
        Users::read, "SELECT * FROM account WHERE id = ? AND deleted_at IS NULL", id);
  }

  /** Writes name, role and whether their keys work, in a change that is open. */
  public static void write(Session session, User user) throws SQLException {
    session.run(
        "UPDATE account SET name = ?, role = ?, disabled_at = ? WHERE id = ?",
        user.name(),
        user.role().label(),
        user.disabledAt(),
        user.id());
  }

  /**
   * Forgets their name, in a change that is open: the row stays, since what they used stays on
   * record under their id.
   */
  public static void delete(Session session, String id, Instant now) throws SQLException {
    session.run(
        "UPDATE account SET name = ?, deleted_at = ?, disabled_at = COALESCE(disabled_at, ?)"
            + " WHERE id = ?",
        "deleted " + id,
        Times.stored(now),
        Times.stored(now),
        id);
  }

  /** Whether or not they are deleted. */
  public static Optional<User> find(Session session, String id) throws SQLException {
    return session.first(Users::read, "SELECT * FROM account WHERE id = ?", id);
  }

  /** Stops all keys of theirs; what they used stays on record. */
  public boolean disable(String id) {
    Instant now = clock.instant();
    return database.change(
            session ->
                session.run(
                    "UPDATE account SET disabled_at = COALESCE(disabled_at, ?) WHERE id = ?",
                    now,
                    id))
        == 1;
  }

  private static User read(Row row) throws SQLException {
    return new User(
        row.text("id"),
        row.text("tenant_id"),
        row.text("name"),
        Role.of(row.text("role")).orElseThrow(),
        row.time("created_at"),
        row.time("disabled_at"));
  }
}
