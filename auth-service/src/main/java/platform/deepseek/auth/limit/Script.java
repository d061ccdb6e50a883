package platform.deepseek.auth.limit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** The programs that run inside Redis, each with the common part before it. */
enum Script {
  RESERVE,
  SETTLE,
  RENEW,
  SEED,
  SWEEP;

  private final String text;
  private final String digest;

  Script() {
    this.text = read("common") + read(name().toLowerCase(Locale.ROOT));
    this.digest = sha1(text);
  }

  String text() {
    return text;
  }

  /** By which Redis knows a program that it has seen. */
  String digest() {
    return digest;
  }

  private static String read(String name) {
    String path = "/limit/" + name + ".lua";
    try (InputStream in = Script.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(path + " is missing on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha1(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-1", e);
    }
  }
}
