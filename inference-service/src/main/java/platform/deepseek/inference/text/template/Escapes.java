package platform.deepseek.inference.text.template;

/** Backslash escapes of string literals, as Python's {@code unicode-escape} reads them. */
final class Escapes {

  private Escapes() {}

  /**
   * @throws IllegalArgumentException for a cut or impossible escape
   */
  static String unescape(String body) {
    if (body.indexOf('\\') < 0) {
      return body;
    }
    var out = new StringBuilder(body.length());
    var i = 0;
    while (i < body.length()) {
      var c = body.charAt(i++);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      var escape = body.charAt(i++);
      switch (escape) {
        case '\n' -> {}
        case '\\', '\'', '"' -> out.append(escape);
        case 'a' -> out.append('\u0007');
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'v' -> out.append('\u000b');
        case 'x' -> i = hexadecimal(body, i, 2, out);
        case 'u' -> i = hexadecimal(body, i, 4, out);
        case 'U' -> i = hexadecimal(body, i, 8, out);
        case 'N' -> i = named(body, i, out);
        case '0', '1', '2', '3', '4', '5', '6', '7' -> i = octal(body, i - 1, out);
        default -> out.append('\\').append(escape);
      }
    }
    return out.toString();
  }

  private static int hexadecimal(String body, int start, int digits, StringBuilder out) {
    var end = start + digits;
    if (end > body.length() || !body.substring(start, end).matches("[0-9a-fA-F]+")) {
      throw new IllegalArgumentException("This escape needs " + digits + " hexadecimal digits.");
    }
    var codePoint = Long.parseLong(body.substring(start, end), 16);
    if (codePoint > Character.MAX_CODE_POINT) {
      throw new IllegalArgumentException("No character has the number of this escape.");
    }
    out.appendCodePoint((int) codePoint);
    return end;
  }

  private static int octal(String body, int start, StringBuilder out) {
    var end = start;
    while (end < body.length() && end < start + 3 && "01234567".indexOf(body.charAt(end)) >= 0) {
      end++;
    }
    out.append((char) Integer.parseInt(body.substring(start, end), 8));
    return end;
  }

  private static int named(String body, int start, StringBuilder out) {
    var end = body.indexOf('}', start);
    if (end < 0 || body.charAt(start) != '{') {
      throw new IllegalArgumentException("This escape needs a character's name in braces.");
    }
    out.appendCodePoint(Character.codePointOf(body.substring(start + 1, end)));
    return end + 1;
  }
}
