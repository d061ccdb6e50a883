package platform.deepseek.auth.tenant;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.store.Database;
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
    return database.change(session -> create(session, tenant, name, role));
  }

  /** The same in a change that is open. */
  public User create(Session session, String tenant, String name, Role role) throws SQLException {
    User user =
        new User(
            UUID.randomUUID().toString(), tenant, name, role, Times.stored(clock.instant()), null);
    session.run(
        "INSERT INTO account (id, tenant_id, name, role, created_at) VALUES (?, ?, ?, ?, ?)",
        user.id(),
        user.tenant(),
        user.name(),
        user.role().label(),
        user.createdAt());
    return user;
  }

  public List<User> all() {
    return database.read(
        session -> session.list(Users::read, "SELECT * FROM account ORDER BY created_at, id"));
  }

  public Optional<User> find(String id) {
    return database.read(session -> find(session, id));
  }

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
