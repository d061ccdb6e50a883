package platform.deepseek.inference.text.template;

/** What Python thinks of single characters and of positions in strings, which count code points. */
final class Characters {

  private Characters() {}

  static boolean isSpace(int c) {
    return c >= 0x09 && c <= 0x0d
        || c >= 0x1c && c <= 0x20
        || c == 0x85
        || c == 0xa0
        || c == 0x1680
        || c >= 0x2000 && c <= 0x200a
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  static boolean isLineBreak(int c) {
    return c >= 0x0a && c <= 0x0d
        || c >= 0x1c && c <= 0x1e
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  static boolean isWord(int c) {
    return c == '_'
        || Character.isLetterOrDigit(c)
        || Character.getType(c) == Character.OTHER_NUMBER
        || Character.getType(c) == Character.LETTER_NUMBER;
  }

  /** All white space is in the basic plane, so UTF-16 units will do. */
  static String stripLeading(String text) {
    var start = 0;
    while (start < text.length() && isSpace(text.charAt(start))) {
      start++;
    }
    return text.substring(start);
  }

  static String stripTrailing(String text) {
    var end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  static boolean isBlank(String text) {
    return text.chars().allMatch(Characters::isSpace);
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** The string of one code point. */
  static String at(String text, int index) {
    var offset = text.offsetByCodePoints(0, index);
    return Character.toString(text.codePointAt(offset));
  }
}
