package platform.deepseek.auth.factor;

import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.store.Session;

/**
 * Ten codes for who lost the app, each good once. They hold 80 random bits, so one HMAC is enough
 * to keep them, as with keys. Written in 32 digits and letters without I, L, O and U, in groups, so
 * that they survive being copied from paper; case, blanks and hyphens do not count.
 */
final class RecoveryCodes {

  static final int COUNT = 10;

  private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int LENGTH = 16;
  private static final int GROUP = 4;
  private static final String PURPOSE = "deepseek-recovery-code/v1";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Pepper pepper;

  RecoveryCodes(Pepper pepper) {
    this.pepper = pepper;
  }

  /** New ones in place of all that there were: shown this once. */
  List<String> replace(Session session, String user) throws SQLException {
    session.run("DELETE FROM recovery_code WHERE account_id = ?", user);
    List<String> codes = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      String code = random();
      session.run(
          "INSERT INTO recovery_code (account_id, position, digest) VALUES (?, ?, ?)",
          user,
          i,
          digest(user, code));
      codes.add(grouped(code));
    }
    return codes;
  }

  /** Whether it was one, and now is used. Of two who show it at once, one is let in. */
  boolean use(Session session, String user, String shown, Instant now) throws SQLException {
    String code = plain(shown);
    return code.length() == LENGTH
        && session.run(
                "UPDATE recovery_code SET used_at = ?"
                    + " WHERE account_id = ? AND digest = ? AND used_at IS NULL",
                now,
                user,
                digest(user, code))
            == 1;
  }

  static int left(Session session, String user) throws SQLException {
    return session
        .first(
            row -> (int) row.number("unused"),
            "SELECT COUNT(*) AS unused FROM recovery_code WHERE account_id = ? AND used_at IS NULL",
            user)
        .orElseThrow();
  }

  private byte[] digest(String user, String code) {
    return pepper.mac(PURPOSE, user + "\n" + code);
  }

  private static String random() {
    StringBuilder code = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      code.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return code.toString();
  }

  private static String grouped(String code) {
    return IntStream.range(0, LENGTH / GROUP)
        .mapToObj(i -> code.substring(i * GROUP, (i + 1) * GROUP))
        .collect(Collectors.joining("-"));
  }

  private static String plain(String shown) {
    return shown.replaceAll("[\\s-]", "").toUpperCase(Locale.ROOT);
  }
}
