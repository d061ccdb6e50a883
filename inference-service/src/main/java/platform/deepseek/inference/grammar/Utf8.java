package platform.deepseek.inference.grammar;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.grammar.Expression.Range;

/** Code points as bytes: the encoding of texts, and of ranges as sequences of byte ranges. */
final class Utf8 {

  private static final int LAST_CODE_POINT = 0x10FFFF;

  /** Where the encoding gets a byte longer, and the gap of the surrogates. */
  private static final int[][] BLOCKS = {
    {0, 0x7F}, {0x80, 0x7FF}, {0x800, 0xD7FF}, {0xE000, 0xFFFF}, {0x10000, LAST_CODE_POINT}
  };

  private Utf8() {}

  /**
   * @throws IllegalArgumentException the text holds half a surrogate pair
   */
  static byte[] encode(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] array = new byte[bytes.remaining()];
      bytes.get(array);
      return array;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "a text of the grammar holds half a surrogate pair; replace it by a whole character", e);
    }
  }

  /**
   * The encodings of the code points, surrogates left out.
   *
   * @return each element is a sequence of byte ranges: first, last, first, last ...
   */
  static List<int[]> sequences(List<Range> ranges) {
    List<int[]> sequences = new ArrayList<>();
    for (Range range : ranges) {
      for (int[] block : BLOCKS) {
        int first = Math.max(range.first(), block[0]);
        int last = Math.min(range.last(), block[1]);
        if (first <= last) {
          split(first, last, sequences);
        }
      }
    }
    return sequences;
  }

  /** Cuts until all bytes but the first differing one run over their whole range. */
  private static void split(int first, int last, List<int[]> sequences) {
    int length = length(last);
    for (int tail = 1; tail < length; tail++) {
      int mask = (1 << (6 * tail)) - 1;
      if ((first & ~mask) != (last & ~mask)) {
        if ((first & mask) != 0) {
          split(first, first | mask, sequences);
          split((first | mask) + 1, last, sequences);
          return;
        }
        if ((last & mask) != mask) {
          split(first, (last & ~mask) - 1, sequences);
          split(last & ~mask, last, sequences);
          return;
        }
      }
    }
    int[] sequence = new int[2 * length];
    for (int i = 0; i < length; i++) {
      sequence[2 * i] = octet(first, i, length);
      sequence[2 * i + 1] = octet(last, i, length);
    }
    sequences.add(sequence);
  }

  private static int length(int codePoint) {
    return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  private static int octet(int codePoint, int index, int length) {
    if (length == 1) {
      return codePoint;
    }
    int bits = codePoint >>> (6 * (length - 1 - index));
    return index > 0 ? 0x80 | bits & 0x3F : bits | 0xF00 >>> length & 0xFF;
  }
}
