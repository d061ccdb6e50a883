package platform.deepseek.inference.text.answer;

import java.util.List;

/** The end of the text so far that is not passed on yet, and where in the text it stands. */
final class HeldText {

  private final StringBuilder held = new StringBuilder();
  private int start;

  /** How a marker and the held text compare at a place. */
  enum Match {
    NONE,
    /** The text ends before that is decided. */
    BEGINNING,
    WHOLE
  }

  /**
   * A marker in the held text.
   *
   * @param at its first character, or where the beginning of one stands; the length of the held
   *     text if there is neither
   * @param marker null unless it is whole
   */
  record Found(int at, String marker) {}

  void append(String text) {
    held.append(text);
  }

  int length() {
    return held.length();
  }

  char charAt(int index) {
    return held.charAt(index);
  }

  /** Place in the whole text of the first held character. */
  int start() {
    return start;
  }

  /** Lets go of the first characters. */
  String take(int count) {
    String taken = held.substring(0, count);
    held.delete(0, count);
    start += count;
    return taken;
  }

  Match match(String marker, int at) {
    int length = Math.min(marker.length(), held.length() - at);
    for (int i = 0; i < length; i++) {
      if (held.charAt(at + i) != marker.charAt(i)) {
        return Match.NONE;
      }
    }
    return length == marker.length() ? Match.WHOLE : Match.BEGINNING;
  }

  /**
   * The first place where a marker stands, or the end of the text may be the beginning of one.
   *
   * @param more whether more text can come
   */
  Found find(List<String> markers, int from, boolean more) {
    for (int at = from; at < held.length(); at++) {
      boolean beginning = false;
      for (String marker : markers) {
        var match = match(marker, at);
        if (match == Match.WHOLE) {
          return new Found(at, marker);
        }
        beginning |= match == Match.BEGINNING;
      }
      if (beginning && more) {
        return new Found(at, null);
      }
    }
    return new Found(held.length(), null);
  }

  /** The first character from a place on that is no white space, or the length. */
  int skipSpace(int from) {
    int at = from;
    while (at < held.length() && Character.isWhitespace(held.charAt(at))) {
      at++;
    }
    return at;
  }

  /** The end of the text before a place without the white space there. */
  int skipSpaceBack(int from) {
    int at = from;
    while (at > 0 && Character.isWhitespace(held.charAt(at - 1))) {
      at--;
    }
    return at;
  }
}
