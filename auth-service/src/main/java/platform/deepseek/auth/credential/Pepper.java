package platform.deepseek.auth.credential;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that every digest is made with, kept apart from the database: who steals the one
 * without the other can neither check nor forge a key.
 *
 * <p>Keys hold 256 random bits, so one HMAC is enough where a password would need a slow hash:
 * there is nothing to guess, and a slow hash on every request would be the way to bring the service
 * down.
 */
public final class Pepper {

  private static final String ALGORITHM = "HmacSHA256";
  private static final int BYTES = 32;
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Mac keyed; // copied for each use: finding and keying one costs more than using it

  private Pepper(byte[] bytes) {
    try {
      this.keyed = Mac.getInstance(ALGORITHM);
      this.keyed.init(new SecretKeySpec(bytes, ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has " + ALGORITHM, e);
    }
  }

  /**
   * @param hex at least 64 hexadecimal digits
   */
  public static Pepper of(String hex) {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(hex.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("the pepper is not written in hexadecimal digits", e);
    }
    if (bytes.length < BYTES) {
      throw new IllegalStateException(
          "the pepper has %d bytes and needs %d: make one with `openssl rand -hex 32`"
              .formatted(bytes.length, BYTES));
    }
    return new Pepper(bytes);
  }

  /** What the file holds; a file that is not there is made, for its owner alone. */
  public static Pepper in(Path file) {
    try {
      if (!Files.exists(file)) {
        create(file);
      }
      return of(Files.readString(file, StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read or create the pepper in " + file, e);
    }
  }

  /** Whole or not at all, and never over another's: two processes may start at once. */
  private static void create(Path file) throws IOException {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path fresh = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid());
    Files.deleteIfExists(fresh);
    Files.createFile(fresh, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    Files.writeString(
        fresh, HexFormat.of().formatHex(bytes), StandardCharsets.US_ASCII, StandardOpenOption.SYNC);
    try {
      Files.createLink(file, fresh);
    } catch (FileAlreadyExistsException e) {
      // The other process was first; its pepper is the one.
    } catch (UnsupportedOperationException e) {
      moveTo(file, fresh);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static void moveTo(Path file, Path fresh) throws IOException {
    try {
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(fresh, file);
    }
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
    Mac mac = copy();
    mac.update(purpose.getBytes(StandardCharsets.UTF_8));
    mac.update((byte) 0);
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private Mac copy() {
    try {
      return (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("the JDK's " + ALGORITHM + " can be copied", e);
    }
  }

  /** Whether two digests are one, in a time that depends on neither. */
  public static boolean equal(byte[] one, byte[] other) {
    return MessageDigest.isEqual(one, other);
  }
}
