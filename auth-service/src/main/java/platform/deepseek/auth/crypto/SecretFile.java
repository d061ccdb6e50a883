package platform.deepseek.auth.crypto;

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
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;

/** A secret of 32 random bytes in a file, in hexadecimal digits, for its owner alone. */
public final class SecretFile {

  private static final int BYTES = 32;
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private SecretFile() {}

  /** What the file holds, in hexadecimal digits; a file that is not there is made. */
  public static String readOrCreate(Path file) {
    try {
      if (!Files.exists(file)) {
        create(file);
      }
      return Files.readString(file, StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read or create the secret in " + file, e);
    }
  }

  /**
   * Reads a secret.
   *
   * @param what it is called in the message about what is wrong with it
   * @throws IllegalStateException when it has fewer than 32 bytes or is not hexadecimal
   */
  public static byte[] parse(String what, String hex) {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(hex.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(what + " is not written in hexadecimal digits", e);
    }
    if (bytes.length < BYTES) {
      throw new IllegalStateException(
          "%s has %d bytes and needs %d: make one with `openssl rand -hex 32`"
              .formatted(what, bytes.length, BYTES));
    }
    return bytes;
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
      // The other process was first; its secret is the one.
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
}
