package platform.deepseek.auth.credential;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * An API key as its owner holds it: {@code sk-<env>_<id>_<secret>_<crc>}.
 *
 * <pre>
 * env     2 to 8 lower case letters: where the key belongs, so that a leaked one can be placed
 * id      8 base-62 digits: public, names the key in lists, logs and look-ups
 * secret  43 base-62 digits: 256 bits, never stored
 * crc     6 base-62 digits: CRC-32 of everything before them; typos and scanners' false finds
 *         end here, before any look-up
 * </pre>
 *
 * There is one text for each key: nothing is trimmed, folded or ignored.
 */
public final class ApiKey {

  /** What every key begins with, and no token of an identity provider. */
  public static final String PREFIX = "sk-";

  public static final int ID_LENGTH = 8;
  private static final int SECRET_LENGTH = 43;
  private static final int CRC_LENGTH = 6;
  private static final int SHORTEST_ENVIRONMENT = 2;
  private static final int LONGEST_ENVIRONMENT = 8;
  private static final int LENGTH_AFTER_ENVIRONMENT =
      1 + ID_LENGTH + 1 + SECRET_LENGTH + 1 + CRC_LENGTH;

  private final String environment;
  private final String id;
  private final String text;

  private ApiKey(String environment, String id, String text) {
    this.environment = environment;
    this.id = id;
    this.text = text;
  }

  /** A fresh key. */
  public static ApiKey create(String environment) {
    if (!isEnvironment(environment)) {
      throw new IllegalArgumentException(
          "the environment of a key is %d to %d lower case letters, not '%s'"
              .formatted(SHORTEST_ENVIRONMENT, LONGEST_ENVIRONMENT, environment));
    }
    String id = Base62.random(ID_LENGTH);
    String body = PREFIX + environment + "_" + id + "_" + Base62.random(SECRET_LENGTH);
    return new ApiKey(environment, id, body + "_" + crc(body));
  }

  /** The key that the text is, or nothing when it is none. */
  public static Optional<ApiKey> parse(String text) {
    int environmentLength = text.length() - PREFIX.length() - LENGTH_AFTER_ENVIRONMENT;
    if (!text.startsWith(PREFIX)
        || environmentLength < SHORTEST_ENVIRONMENT
        || environmentLength > LONGEST_ENVIRONMENT) {
      return Optional.empty();
    }
    int idAt = PREFIX.length() + environmentLength + 1;
    int secretAt = idAt + ID_LENGTH + 1;
    int crcAt = secretAt + SECRET_LENGTH + 1;
    String environment = text.substring(PREFIX.length(), idAt - 1);
    if (!isEnvironment(environment)
        || text.charAt(idAt - 1) != '_'
        || !isBase62(text, idAt, ID_LENGTH)
        || text.charAt(secretAt - 1) != '_'
        || !isBase62(text, secretAt, SECRET_LENGTH)
        || text.charAt(crcAt - 1) != '_'
        || !crc(text.substring(0, crcAt - 1)).equals(text.substring(crcAt))) {
      return Optional.empty();
    }
    return Optional.of(new ApiKey(environment, text.substring(idAt, idAt + ID_LENGTH), text));
  }

  public static boolean isEnvironment(String text) {
    return text.length() >= SHORTEST_ENVIRONMENT
        && text.length() <= LONGEST_ENVIRONMENT
        && text.chars().allMatch(c -> c >= 'a' && c <= 'z');
  }

  public String environment() {
    return environment;
  }

  /** The public part, safe to show and to log. */
  public String id() {
    return id;
  }

  /** All of it: for its owner, once. */
  public String reveal() {
    return text;
  }

  /** Never the secret: a key that slips into a log stays a key. */
  @Override
  public String toString() {
    return PREFIX + environment + "_" + id + "_****";
  }

  private static boolean isBase62(String text, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (!Base62.is(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static String crc(String body) {
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    return Base62.encode(crc.getValue(), CRC_LENGTH);
  }
}
