package platform.deepseek.inference.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Strict decoding: bytes that are not UTF-8 are an error, never a replacement character. */
final class Utf8 {

  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  static String decode(MemorySegment bytes) throws CharacterCodingException {
    byte[] copy = bytes.toArray(ValueLayout.JAVA_BYTE);
    // The lenient decoder is much faster on the hundred thousand short strings of a vocabulary, and
    // it cannot hide a fault: only a text with replacement characters needs the strict one.
    var text = new String(copy, StandardCharsets.UTF_8);
    return text.indexOf(REPLACEMENT) < 0
        ? text
        : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(copy)).toString();
  }
}
