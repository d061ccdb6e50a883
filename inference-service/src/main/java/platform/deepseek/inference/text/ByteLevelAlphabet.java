package platform.deepseek.inference.text;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/*
 * Byte-level BPE writes every byte as one printable character, so that a vocabulary is plain text:
 * the 188 printable bytes of Latin-1 stand for themselves, the other 68 are U+0100 onwards in
 * order (Radford et al. 2019, encoder.py of GPT-2).
 */
final class ByteLevelAlphabet {

  private static final Map<Integer, Byte> BYTES = new HashMap<>();

  static {
    int next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE && b <= 0xFF;
      BYTES.put(printable ? b : next++, (byte) b);
    }
  }

  private ByteLevelAlphabet() {}

  /** The bytes of a vocabulary entry; one that is not written in the alphabet gives its UTF-8. */
  static byte[] bytes(String token) {
    return written(token)
        .map(bytes -> bytes.getBytes(StandardCharsets.ISO_8859_1))
        .orElseGet(() -> token.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes of a vocabulary entry, each as a char; empty where it is not in the alphabet. */
  static Optional<String> written(String token) {
    var bytes = new StringBuilder(token.length());
    for (int i = 0; i < token.length(); i++) {
      Byte value = BYTES.get((int) token.charAt(i));
      if (value == null) {
        return Optional.empty();
      }
      bytes.append((char) (value & 0xff));
    }
    return Optional.of(bytes.toString());
  }
}
