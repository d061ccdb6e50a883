package platform.deepseek.auth.crypto;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Lines of the folder wycheproof, each a list of words. */
final class Vectors {

  private Vectors() {}

  static List<String[]> in(String name) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Vectors.class.getResourceAsStream("/wycheproof/" + name + ".txt"),
                StandardCharsets.US_ASCII))) {
      return reader
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" ", -1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] bytes(String word) {
    return word.equals("-") ? new byte[0] : HexFormat.of().parseHex(word);
  }

  static byte[] joined(byte[] one, byte[] other) {
    byte[] whole = new byte[one.length + other.length];
    System.arraycopy(one, 0, whole, 0, one.length);
    System.arraycopy(other, 0, whole, one.length, other.length);
    return whole;
  }
}
