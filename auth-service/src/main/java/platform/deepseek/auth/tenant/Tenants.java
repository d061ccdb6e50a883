package platform.deepseek.auth.tenant;

import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Page;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/** The table of tenants. */
public final class Tenants {

  public static final int LOWEST_PRIORITY = 9;

  private static final int SALT_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final InstantSource clock;

  public Tenants(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * @throws platform.deepseek.auth.store.Conflict when there is one of that name
   */
  public Tenant create(String name, int priority) {
    Tenant tenant = prepare(name, priority);
    return database.change(
        session -> {
          insert(session, tenant);
          return tenant;
        });
  }

  /** Makes a tenant that is not stored yet. */
  public Tenant prepare(String name, int priority) {
    byte[] salt = new byte[SALT_BYTES];
    RANDOM.nextBytes(salt);
    return new Tenant(
        UUID.randomUUID().toString(),
        name,
        HexFormat.of().formatHex(salt),
        priority,
        0,
        Times.stored(clock.instant()),
        null);
  }

  /** Stores a tenant that was prepared, in a change that is open. */
  public static void insert(Session session, Tenant tenant) throws SQLException {
    session.run(
        "INSERT INTO tenant (id, name, cache_salt, priority, created_at) VALUES (?, ?, ?, ?, ?)",
        tenant.id(),
        tenant.name(),
        tenant.cacheSalt(),
        tenant.priority(),
        tenant.createdAt());
  }

  /** Nothing when there is no row to begin after. */
  public Optional<List<Tenant>> page(Page page) {
    return database.read(session -> page.read(session, Tenants::read, "tenant", Map.of(), "TRUE"));
  }

  /**
   * Changes name, priority, what its audit keeps and whether its keys work.
   *
   * @param change may refuse by an exception
   * @return nothing when there is none
   * @throws platform.deepseek.auth.store.Conflict when there is one of that name
   */
  public Optional<Tenant> update(String id, UnaryOperator<Tenant> change) {
    return database.change(
        session -> {
          Optional<Tenant> changed = find(session, id).map(change);
          if (changed.isPresent()) {
            Tenant tenant = changed.get();
            session.run(
                "UPDATE tenant SET name = ?, priority = ?, prompt_bytes = ?, disabled_at = ?"
                    + " WHERE id = ?",
                tenant.name(),
                tenant.priority(),
                tenant.promptBytes(),
                tenant.disabledAt(),
                id);
          }
          return changed;
        });
  }

  public List<Tenant> all() {
    return database.read(
        session -> session.list(Tenants::read, "SELECT * FROM tenant ORDER BY created_at, id"));
  }

  public Optional<Tenant> find(String id) {
    return database.read(session -> find(session, id));
  }

  public static Optional<Tenant> find(Session session, String id) throws SQLException {
    return session.first(Tenants::read, "SELECT * FROM tenant WHERE id = ?", id);
  }

  /** Stops all its keys; what it used stays on record. */
  public boolean disable(String id) {
    Instant now = clock.instant();
    return database.change(
            session ->
                session.run(
                    "UPDATE tenant SET disabled_at = COALESCE(disabled_at, ?) WHERE id = ?",
                    now,
                    id))
        == 1;
  }

  private static Tenant read(Row row) throws SQLException {
    return new Tenant(
        row.text("id"),
        row.text("name"),
        row.text("cache_salt"),
        (int) row.number("priority"),
        (int) row.number("prompt_bytes"),
        row.time("created_at"),
        row.time("disabled_at"));
  }
}
