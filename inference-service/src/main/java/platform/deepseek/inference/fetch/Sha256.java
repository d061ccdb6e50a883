package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Digests in hexadecimal digits. */
final class Sha256 {

  private Sha256() {}

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  static String of(String text) {
    return HexFormat.of().formatHex(digest().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  static String of(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        var digesting = new DigestInputStream(in, digest())) {
      digesting.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
    }
  }

  /**
   * The digest of a folder: of its only file, else of the text that {@code sha256sum} prints of all
   * of them, in the order of their names as bytes.
   */
  static String ofFolder(Map<String, String> sha256ByName) {
    return sha256ByName.size() == 1
        ? sha256ByName.values().iterator().next()
        : of(
            new TreeMap<>(sha256ByName)
                .entrySet().stream()
                    .map(entry -> entry.getValue() + "  " + entry.getKey() + "\n")
                    .collect(Collectors.joining()));
  }
}
