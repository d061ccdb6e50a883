package platform.deepseek.auth.token.issuer;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.store.Conflict;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/**
 * Which account a person of an identity provider has. It is made when they first come, so that they
 * can have limits, a report of what they used, and be disabled here; what they may do is said by
 * each of their tokens. A person is the issuer and its {@code sub}, never a name or an address,
 * which providers give to the next one (OpenID Connect Core 5.7).
 */
final class Subjects {

  private static final int LONGEST_NAME = 100;
  private static final int LONGEST_SUBJECT = 255;

  private final Database database;
  private final InstantSource clock;

  Subjects(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * @param name to list them by, where their provider gives one
   * @return the id of the account
   */
  String account(Issuer issuer, String subject, Optional<String> name, Role role) {
    Optional<String> known = database.read(session -> find(session, issuer, subject));
    return known.orElseGet(() -> create(issuer, subject, name, role));
  }

  /** Nothing that was judged before depends on a new person, so it is no change of revision. */
  private String create(Issuer issuer, String subject, Optional<String> name, Role role) {
    String id = UUID.randomUUID().toString();
    Instant now = Times.stored(clock.instant());
    for (String listed : new String[] {shortened(name.orElse(subject)), shortened(id)}) {
      try {
        return database.write(
            session -> {
              session.run(
                  "INSERT INTO account (id, tenant_id, name, role, created_at)"
                      + " VALUES (?, ?, ?, ?, ?)",
                  id,
                  issuer.tenant(),
                  listed,
                  role.label(),
                  now);
              session.run(
                  "INSERT INTO issuer_account (issuer_id, subject, account_id) VALUES (?, ?, ?)",
                  issuer.id(),
                  subject,
                  id);
              return id;
            });
      } catch (Conflict e) { // they came to two replicas at once, or somebody has the name
        Optional<String> theirs = database.read(session -> find(session, issuer, subject));
        if (theirs.isPresent()) {
          return theirs.get();
        }
      }
    }
    throw new IllegalStateException("no account can be made at " + issuer.url());
  }

  private static Optional<String> find(Session session, Issuer issuer, String subject)
      throws SQLException {
    return session.first(
        row -> row.text("account_id"),
        "SELECT account_id FROM issuer_account WHERE issuer_id = ? AND subject = ?",
        issuer.id(),
        subject);
  }

  static boolean isSubject(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST_SUBJECT
        && text.chars().noneMatch(Character::isISOControl);
  }

  private static String shortened(String name) {
    String line =
        name.codePoints()
            .filter(c -> !Character.isISOControl(c))
            .limit(LONGEST_NAME / 2)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
            .strip();
    return line.isEmpty() ? "unnamed" : line;
  }
}
