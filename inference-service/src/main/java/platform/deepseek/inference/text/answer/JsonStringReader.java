package platform.deepseek.inference.text.answer;

/** The characters of a JSON string, decoded one at a time from behind its opening quote. */
final class JsonStringReader {

  private static final String ESCAPES = "\"\\/bfnrt";
  private static final String ESCAPED = "\"\\/\b\f\n\r\t";
  private static final int HEX_DIGITS = 4;

  private boolean escape;
  private int hexDigits;
  private int hex;

  /**
   * Reads a character and appends what it stands for; an escape that JSON does not know stands for
   * itself.
   *
   * @return whether it was the closing quote
   */
  boolean accept(char c, StringBuilder decoded) {
    if (hexDigits > 0) {
      hex = 16 * hex + Math.max(0, Character.digit(c, 16));
      if (--hexDigits == 0) {
        decoded.append((char) hex);
      }
    } else if (escape) {
      escape = false;
      int known = ESCAPES.indexOf(c);
      if (c == 'u') {
        hexDigits = HEX_DIGITS;
        hex = 0;
      } else if (known >= 0) {
        decoded.append(ESCAPED.charAt(known));
      } else {
        decoded.append('\\').append(c);
      }
    } else if (c == '\\') {
      escape = true;
    } else if (c == '"') {
      return true;
    } else {
      decoded.append(c);
    }
    return false;
  }
}
