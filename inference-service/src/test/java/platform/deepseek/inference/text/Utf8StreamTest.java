package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8StreamTest {

  @Test
  void everyCharacterSurvivesAByteAtATime() {
    var out = new StringBuilder();
    var stream = new Utf8Stream();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        continue;
      }
      out.setLength(0);
      for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
        assertThat(out).isEmpty();
        stream.append(new byte[] {b}, out);
      }
      assertThat(out.codePointAt(0)).isEqualTo(c);
    }
  }

  @Test
  void randomBytesGiveOneReplacementForEachMaximalSubpart() {
    var random = new Random(19);
    int[] leads = {0x41, 0x80, 0xBF, 0xC1, 0xC3, 0xE0, 0xE4, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0x9F};
    for (int round = 0; round < 20_000; round++) {
      var bytes = new byte[random.nextInt(9)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] =
            (byte)
                (random.nextInt(3) == 0
                    ? random.nextInt(256)
                    : leads[random.nextInt(leads.length)]);
      }

      assertThat(pieces(bytes, random)).as(Arrays.toString(bytes)).isEqualTo(whole(bytes));
      assertThat(whole(bytes)).isEqualTo(reference(bytes));
    }
  }

  private static String whole(byte[] bytes) {
    var out = new StringBuilder();
    var stream = new Utf8Stream();
    stream.append(bytes, out);
    stream.flush(out);
    return out.toString();
  }

  private static String pieces(byte[] bytes, Random random) {
    var out = new StringBuilder();
    var stream = new Utf8Stream();
    int at = 0;
    while (at < bytes.length) {
      int end = Math.min(bytes.length, at + random.nextInt(4));
      stream.append(Arrays.copyOfRange(bytes, at, end), out);
      at = end;
    }
    stream.flush(out);
    return out.toString();
  }

  /** Table 3-7 of the Unicode standard, read literally. */
  private static String reference(byte[] bytes) {
    var out = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int length = longestPrefix(bytes, at);
      int wanted = wanted(bytes[at] & 0xFF);
      if (wanted > 0 && length == wanted) {
        out.append(new String(bytes, at, length, StandardCharsets.UTF_8));
      } else {
        out.append('\uFFFD');
      }
      at += Math.max(1, length);
    }
    return out.toString();
  }

  private static int wanted(int b) {
    return b < 0x80 ? 1 : b < 0xC2 ? 0 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : b < 0xF5 ? 4 : 0;
  }

  private static int longestPrefix(byte[] bytes, int at) {
    int lead = bytes[at] & 0xFF;
    int length = 1;
    while (length < wanted(lead) && at + length < bytes.length) {
      int b = bytes[at + length] & 0xFF;
      int low = length > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      int high = length > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
      if (b < low || b > high) {
        break;
      }
      length++;
    }
    return length;
  }
}
