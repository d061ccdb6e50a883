package platform.deepseek.cache.crypto;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/** The one secret that all others are derived from or wrapped with; 32 bytes, of all replicas. */
public final class MasterKey {

  private static final int BYTES = 32;
  private static final byte[] SALT = "dsk-cache/master/v1".getBytes(StandardCharsets.US_ASCII);

  private final byte[] bytes;

  private MasterKey(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @param hex at least 64 digits
   */
  public static MasterKey of(String hex) {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(hex.strip().toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "deepseek.cache.master-key is not hexadecimal: make one with `openssl rand -hex 32`.");
    }
    if (bytes.length < BYTES) {
      throw new IllegalStateException(
          "deepseek.cache.master-key has %d digits and needs %d: make one with `openssl rand -hex 32`."
              .formatted(bytes.length * 2, BYTES * 2));
    }
    return new MasterKey(bytes);
  }

  /** The key in a file; made there, readable by its owner alone, where there is none. */
  public static MasterKey in(Path file) {
    try {
      if (!Files.exists(file)) {
        Files.createDirectories(file.toAbsolutePath().getParent());
        byte[] fresh = new byte[BYTES];
        new SecureRandom().nextBytes(fresh);
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, HexFormat.of().formatHex(fresh) + "\n", StandardOpenOption.WRITE);
      }
      return of(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep the master key in " + file, e);
    }
  }

  /** For what is wrapped or sealed by all replicas alike. */
  public DataKey wrapping(String purpose) {
    return new DataKey(
        CryptoProfile.STANDARD, derive(new byte[0], purpose, CryptoProfile.STANDARD.keyBytes()));
  }

  /** HKDF-SHA256 (RFC 5869) of this key and a seed. */
  byte[] derive(byte[] seed, String purpose, int length) {
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveData(
              HKDFParameterSpec.ofExtract()
                  .addIKM(bytes)
                  .addIKM(seed)
                  .addSalt(SALT)
                  .thenExpand(purpose.getBytes(StandardCharsets.UTF_8), length));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK 25 has HKDF-SHA256", e);
    }
  }
}
