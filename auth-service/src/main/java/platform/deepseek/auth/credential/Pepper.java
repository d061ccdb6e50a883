package platform.deepseek.auth.credential;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import platform.deepseek.auth.crypto.Digest;
import platform.deepseek.auth.crypto.SecretFile;

/**
 * The secret that every digest is made with, kept apart from the database: who steals the one
 * without the other can neither check nor forge a key.
 *
 * <p>Keys hold 256 random bits, so one HMAC is enough where a password would need a slow hash:
 * there is nothing to guess, and a slow hash on every request would be the way to bring the service
 * down.
 */
public final class Pepper {

  private static final byte[] SEPARATOR = {0};

  private final byte[] secret;
  private final Digest.Keyed keyed;

  private Pepper(byte[] secret, Digest digest) {
    this.secret = secret;
    this.keyed = digest.keyed(secret);
  }

  /**
   * @param hex at least 64 hexadecimal digits
   */
  public static Pepper of(String hex) {
    return new Pepper(SecretFile.parse("the pepper", hex), Digest.SHA_256);
  }

  /** What the file holds; a file that is not there is made, for its owner alone. */
  public static Pepper in(Path file) {
    return of(SecretFile.readOrCreate(file));
  }

  /** The same secret with another hash function: digests that were made before do not fit. */
  public Pepper under(Digest digest) {
    return new Pepper(secret, digest);
  }

  /** What is stored of a key. */
  public byte[] digest(ApiKey key) {
    return mac("deepseek-api-key/v1", key.reveal());
  }

  /** Tells two peppers apart without telling either. */
  public byte[] fingerprint() {
    return mac("deepseek-pepper/v1", "");
  }

  /**
   * Authenticates a text of ours.
   *
   * @param purpose so that a code made for one thing is none for another
   */
  public byte[] mac(String purpose, String text) {
    return keyed.mac(
        purpose.getBytes(StandardCharsets.UTF_8), SEPARATOR, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether two digests are one, in a time that depends on neither. */
  public static boolean equal(byte[] one, byte[] other) {
    return MessageDigest.isEqual(one, other);
  }
}
