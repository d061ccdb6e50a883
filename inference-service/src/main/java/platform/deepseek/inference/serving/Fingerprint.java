package platform.deepseek.inference.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * system_fingerprint: changes when the same seeded request might get another answer. Of the files
 * it takes name, size and date: reading gigabytes at every start would cost more than it tells.
 */
final class Fingerprint {

  private static final int HEX_DIGITS = 16;

  private Fingerprint() {}

  static String of(ModelFiles files, String precision) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files.files()) {
        digest.update(
            "%s %d %d\n"
                .formatted(
                    file.getFileName(),
                    Files.size(file),
                    Files.getLastModifiedTime(file).toMillis())
                .getBytes(StandardCharsets.UTF_8));
      }
      digest.update((precision + " " + version()).getBytes(StandardCharsets.UTF_8));
      return "fp_" + HexFormat.of().formatHex(digest.digest()).substring(0, HEX_DIGITS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static String version() {
    String version = Fingerprint.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
