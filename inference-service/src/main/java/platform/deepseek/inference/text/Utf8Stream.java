package platform.deepseek.inference.text;

/*
 * Decodes UTF-8 that arrives in pieces. A character comes out with its last byte; bytes that can
 * no longer become one give U+FFFD at once, one for each maximal subpart (Unicode 16, chapter 3.9,
 * table 3-8). One exception, taken over from Python's decoder, whose output clients compare with:
 * the first two bytes of an encoded surrogate (ED A0..BF) wait for the third byte.
 *
 * The JDK's decoder is not used: it cannot tell how much of a truncated character is still alive
 * without being given the input again.
 */
final class Utf8Stream {

  private static final char REPLACEMENT = '\uFFFD';

  private int pending;
  private int pendingLength;
  private int needed;

  /** Appends all characters that these bytes complete. */
  void append(byte[] bytes, StringBuilder out) {
    for (byte b : bytes) {
      append(b & 0xFF, out);
    }
  }

  /** The end: what is still pending can no longer become a character. */
  void flush(StringBuilder out) {
    if (pendingLength > 0) {
      replacePending(out);
    }
  }

  private void append(int b, StringBuilder out) {
    if (pendingLength == 0) {
      start(b, out);
    } else if (continues(b)) {
      pending = pending << 6 | b & 0x3F;
      pendingLength++;
      if (pendingLength == needed) {
        complete(out);
      }
    } else {
      replacePending(out);
      start(b, out);
    }
  }

  private void start(int b, StringBuilder out) {
    if (b < 0x80) {
      out.append((char) b);
    } else if (b < 0xC2 || b > 0xF4) {
      out.append(REPLACEMENT);
    } else {
      needed = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
      pending = b & (0x7F >> needed);
      pendingLength = 1;
    }
  }

  /** Overlong forms and values above U+10FFFF are refused with their second byte. */
  private boolean continues(int b) {
    if ((b & 0xC0) != 0x80) {
      return false;
    }
    if (pendingLength > 1) {
      return true;
    }
    return switch (needed) {
      case 3 -> pending != 0 || b >= 0xA0;
      case 4 -> (pending != 0 || b >= 0x90) && (pending != 4 || b < 0x90);
      default -> true;
    };
  }

  private void complete(StringBuilder out) {
    if (isSurrogateHalf()) {
      replacePending(out);
    } else {
      out.appendCodePoint(pending);
      pendingLength = 0;
    }
  }

  /** ED followed by A0..BF: the ten bits read so far lie in U+D800..U+DFFF. */
  private boolean isSurrogateHalf() {
    if (needed != 3 || pendingLength < 2) {
      return false;
    }
    int leadingBits = pendingLength == 2 ? pending : pending >> 6;
    return leadingBits >= 0xD800 >> 6 && leadingBits <= 0xDFFF >> 6;
  }

  private void replacePending(StringBuilder out) {
    int count = isSurrogateHalf() ? pendingLength : 1;
    for (int i = 0; i < count; i++) {
      out.append(REPLACEMENT);
    }
    pendingLength = 0;
  }
}
