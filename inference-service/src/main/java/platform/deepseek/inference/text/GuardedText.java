package platform.deepseek.inference.text;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A text with guarded positions: no added token is recognised across one of them, so that what a
 * user wrote stays text.
 *
 * @param guards char offsets into the text, ascending
 */
record GuardedText(String text, int[] guards) {

  private static final int[] NONE = {};

  static GuardedText unguarded(String text) {
    return new GuardedText(text, NONE);
  }

  /** Takes the marks out of a text and guards the places where they stood. */
  static GuardedText ofMarked(String marked, char mark) {
    var text = new StringBuilder(marked.length());
    var guards = new int[16];
    int count = 0;
    for (int i = 0; i < marked.length(); i++) {
      char c = marked.charAt(i);
      if (c != mark) {
        text.append(c);
      } else if (count == 0 || guards[count - 1] != text.length()) {
        guards = count == guards.length ? Arrays.copyOf(guards, 2 * count) : guards;
        guards[count++] = text.length();
      }
    }
    return new GuardedText(text.toString(), Arrays.copyOf(guards, count));
  }

  /** This text and another behind it, each with its guards. */
  GuardedText append(GuardedText other) {
    int length = text.length();
    return new GuardedText(
        text + other.text,
        IntStream.concat(
                IntStream.of(guards), IntStream.of(other.guards).map(guard -> guard + length))
            .distinct()
            .toArray());
  }

  /**
   * Whether a token found here must stay text: a guard lies inside it or, where it has no inside
   * because it is one character, on both its sides.
   */
  boolean forbids(int start, int end) {
    if (guards.length == 0) {
      return false;
    }
    if (Character.charCount(text.codePointAt(start)) == end - start) {
      return Arrays.binarySearch(guards, start) >= 0 && Arrays.binarySearch(guards, end) >= 0;
    }
    int found = Arrays.binarySearch(guards, start + 1);
    int first = found >= 0 ? found : -found - 1;
    return first < guards.length && guards[first] < end;
  }
}
