package platform.deepseek.auth.factor;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/**
 * The table of elevations. Each new or revoked one is a change of what requests are judged by, so
 * all replicas know of it within the time of one poll, and none has to ask on every request.
 */
public final class Elevations {

  private static final Duration KEPT = Duration.ofDays(1); // after they are over

  private final Database database;
  private final Duration length;
  private final InstantSource clock;

  /**
   * @param length how long one lasts
   */
  public Elevations(Database database, Duration length, InstantSource clock) {
    this.database = database;
    this.length = length;
    this.clock = clock;
  }

  public Elevation create(String user, String key, ClientAddress client, Proof.Method method) {
    Instant now = Times.stored(clock.instant());
    Elevation elevation =
        new Elevation(
            UUID.randomUUID().toString(),
            user,
            key,
            client,
            method.label(),
            now,
            Times.stored(now.plus(length)),
            Optional.empty());
    return database.change(
        session -> {
          session.run("DELETE FROM elevation WHERE expires_at < ?", now.minus(KEPT));
          session.run(
              "INSERT INTO elevation (id, account_id, key_id, client, method, created_at,"
                  + " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
              elevation.id(),
              elevation.user(),
              elevation.key(),
              elevation.client().toString(),
              elevation.method(),
              elevation.createdAt(),
              elevation.expiresAt());
          return elevation;
        });
  }

  /** Those that may hold, the newest first. */
  public List<Elevation> current() {
    return database.read(
        session ->
            session.list(
                Elevations::read,
                "SELECT * FROM elevation WHERE revoked_at IS NULL AND expires_at > ?"
                    + " ORDER BY created_at DESC, id",
                clock.instant()));
  }

  /** Those of a key that were not revoked; old ones among them are over by their time. */
  public static List<Elevation> of(Session session, String key) throws SQLException {
    return session.list(
        Elevations::read, "SELECT * FROM elevation WHERE key_id = ? AND revoked_at IS NULL", key);
  }

  /**
   * @return whether there is one of that name
   */
  public boolean revoke(String id) {
    return revoked("id = ?", id) > 0;
  }

  /** Ends what a key was allowed. */
  public void revokeOfKey(String key) {
    revoked("key_id = ?", key);
  }

  /** Ends what a user's keys were allowed, in a transaction that is open. */
  public static void revokeOfUser(Session session, String user, Instant now) throws SQLException {
    session.run(
        "UPDATE elevation SET revoked_at = COALESCE(revoked_at, ?) WHERE account_id = ?",
        Times.stored(now),
        user);
  }

  private int revoked(String which, String value) {
    Instant now = Times.stored(clock.instant());
    return database.change(
        session ->
            session.run(
                "UPDATE elevation SET revoked_at = COALESCE(revoked_at, ?) WHERE " + which,
                now,
                value));
  }

  private static Elevation read(Row row) throws SQLException {
    return new Elevation(
        row.text("id"),
        row.text("account_id"),
        row.text("key_id"),
        ClientAddress.parse(row.text("client")).orElseThrow(),
        row.text("method"),
        row.time("created_at"),
        row.time("expires_at"),
        Optional.ofNullable(row.time("revoked_at")));
  }
}
