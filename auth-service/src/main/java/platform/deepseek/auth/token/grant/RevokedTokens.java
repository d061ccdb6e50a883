package platform.deepseek.auth.token.grant;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;

/** The table of tokens that hold no more before their time is over. */
final class RevokedTokens {

  private final Database database;

  RevokedTokens(Database database) {
    this.database = database;
  }

  /** From the next poll on, nowhere does it hold. */
  void add(AccessToken token) {
    database.change(
        session -> {
          session.run("DELETE FROM revoked_token WHERE jti = ?", token.id());
          return session.run(
              "INSERT INTO revoked_token (jti, expires_at) VALUES (?, ?)",
              token.id(),
              token.expiresAt());
        });
  }

  static Set<String> all(Session session) throws SQLException {
    return Set.copyOf(session.list(row -> row.text("jti"), "SELECT jti FROM revoked_token"));
  }

  /** Forgets those that are over anyway. */
  void sweep(Instant before) {
    database.write(
        session -> session.run("DELETE FROM revoked_token WHERE expires_at < ?", before));
  }
}
