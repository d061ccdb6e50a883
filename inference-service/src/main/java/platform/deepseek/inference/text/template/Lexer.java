package platform.deepseek.inference.text.template;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import platform.deepseek.inference.text.template.TemplateException.Kind;

/**
 * Source to tokens, with the white space rules of {@code trim_blocks} and {@code lstrip_blocks},
 * both on.
 */
final class Lexer {

  /* A template is text with islands. Text before an island loses its trailing white space when the
   * island opens with a minus; else, before a block or comment (not before an output), the blanks
   * between the last line break and the island go (lstrip_blocks). After a block or comment one line
   * break goes (trim_blocks), after a minus all white space. A plus switches each rule off once.
   * The rules and their order are those of jinja2/lexer.py 3.1; an end mark counts only where
   * brackets are balanced, so that {{ {'a': {}} }} reads as one output. */

  private static final Pattern RAW_BEGIN =
      Pattern.compile("\\{%([-+]?)\\s*raw\\s*(?:-%\\}\\s*|%\\})", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern RAW_END =
      Pattern.compile(
          "\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)",
          Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)(?:\\d+_)*+\\d+(?:(?:\\.(?:\\d+_)*+\\d+)?[eE][+-]?(?:\\d+_)*+\\d+"
              + "|\\.(?:\\d+_)*+\\d+)");
  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](?:_?[01])++|0[oO](?:_?[0-7])++|0[xX](?:_?[\\da-fA-F])++|[1-9](?:_?\\d)*+"
              + "|0(?:_?0)*+");
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String source;
  private final int[] lineStarts;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  Lexer(String text) {
    var lines = text.replace("\r\n", "\n").replace('\r', '\n');
    source = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
    lineStarts = lineStarts(source);
  }

  private static int[] lineStarts(String source) {
    var starts = new int[1 + (int) source.chars().filter(c -> c == '\n').count()];
    var line = 1;
    for (var i = 0; i < source.length(); i++) {
      if (source.charAt(i) == '\n') {
        starts[line++] = i + 1;
      }
    }
    return starts;
  }

  List<Token> tokens() {
    while (at < source.length()) {
      var open = nextOpen();
      if (open < 0) {
        data(source.substring(at), at);
        at = source.length();
      } else {
        island(open);
      }
    }
    add(Token.Kind.END, "", null, source.length());
    return tokens;
  }

  private int nextOpen() {
    for (var i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private void island(int open) {
    var output = source.charAt(open + 1) == '{';
    var sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
    dataBefore(open, sign, output);
    var raw = RAW_BEGIN.matcher(source).region(open, source.length());
    if (raw.lookingAt()) {
      raw(raw, open);
      return;
    }
    at = open + (sign == '-' || sign == '+' ? 3 : 2);
    if (source.charAt(open + 1) == '#') {
      comment(open);
    } else {
      add(
          output ? Token.Kind.OUTPUT_BEGIN : Token.Kind.BLOCK_BEGIN,
          output ? "{{" : "{%",
          null,
          open);
      inside(open, output);
    }
  }

  private void dataBefore(int open, char sign, boolean output) {
    var text = source.substring(at, open);
    if (sign == '-') {
      text = Characters.stripTrailing(text);
    } else if (sign != '+' && !output) {
      var lineStart = text.lastIndexOf('\n') + 1;
      var startsLine = lineStart > 0 || at == 0 || source.charAt(at - 1) == '\n';
      if (startsLine && Characters.isBlank(text.substring(lineStart))) {
        text = text.substring(0, lineStart);
      }
    }
    data(text, at);
  }

  private void data(String text, int offset) {
    if (!text.isEmpty()) {
      add(Token.Kind.DATA, text, null, offset);
    }
  }

  private void raw(Matcher begin, int open) {
    at = begin.end();
    var end = RAW_END.matcher(source);
    if (!end.find(at)) {
      throw syntax("Missing end of raw block: write {% endraw %}.", open);
    }
    dataBefore(end.start(), end.group(1).isEmpty() ? ' ' : end.group(1).charAt(0), false);
    at = end.end();
  }

  private void comment(int open) {
    var close = source.indexOf("#}", at);
    if (close < 0) {
      throw syntax("Missing end of comment: write #}.", open);
    }
    var sign = close > at ? source.charAt(close - 1) : ' ';
    at = close + 2;
    afterEnd(sign, true);
  }

  private void afterEnd(char sign, boolean trims) {
    if (sign == '-') {
      while (at < source.length() && Characters.isSpace(source.charAt(at))) {
        at++;
      }
    } else if (trims && sign != '+' && at < source.length() && source.charAt(at) == '\n') {
      at++;
    }
  }

  private void inside(int open, boolean output) {
    var mark = output ? "}}" : "%}";
    var kind = output ? Token.Kind.OUTPUT_END : Token.Kind.BLOCK_END;
    Deque<Character> brackets = new ArrayDeque<>();
    while (at < source.length()) {
      var c = source.charAt(at);
      if (brackets.isEmpty() && ends(mark, output)) {
        add(kind, mark, null, at);
        at += c == mark.charAt(0) ? 2 : 3;
        afterEnd(c, !output);
        return;
      }
      if (Characters.isSpace(c)) {
        at++;
      } else {
        token(c, brackets);
      }
    }
    throw syntax("Missing end of tag: write " + mark + ".", open);
  }

  private boolean ends(String mark, boolean output) {
    return source.startsWith(mark, at)
        || source.startsWith("-" + mark, at)
        || !output && source.startsWith("+" + mark, at);
  }

  private void token(char c, Deque<Character> brackets) {
    if (c >= '0' && c <= '9') {
      number();
    } else if (Characters.isWord(source.codePointAt(at))) {
      name();
    } else if (c == '\'' || c == '"') {
      string(c);
    } else {
      operator(brackets);
    }
  }

  private void number() {
    var real = FLOAT.matcher(source).region(at, source.length()).useTransparentBounds(true);
    if (real.lookingAt()) {
      add(Token.Kind.FLOAT, real.group(), Double.valueOf(real.group().replace("_", "")), at);
      at = real.end();
      return;
    }
    var whole = INTEGER.matcher(source).region(at, source.length());
    if (!whole.lookingAt()) {
      throw syntax("This is not a number.", at);
    }
    if (whole.end() - at > 1000) {
      throw syntax("This number has more than 1000 digits.", at);
    }
    add(Token.Kind.INTEGER, whole.group(), integer(whole.group().replace("_", "")), at);
    at = whole.end();
  }

  private static Object integer(String digits) {
    var radix =
        switch (digits.length() < 2 ? ' ' : Character.toLowerCase(digits.charAt(1))) {
          case 'b' -> 2;
          case 'o' -> 8;
          case 'x' -> 16;
          default -> 10;
        };
    return Arithmetic.integer(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
  }

  private void name() {
    var end = at;
    while (end < source.length() && Characters.isWord(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    add(Token.Kind.NAME, source.substring(at, end), null, at);
    at = end;
  }

  private void string(char quote) {
    var end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw syntax("Missing end of string: write " + quote + ".", at);
    }
    var body = source.substring(at + 1, end);
    add(Token.Kind.STRING, body, unescape(body), at);
    at = end + 1;
  }

  private String unescape(String body) {
    try {
      return Escapes.unescape(body);
    } catch (IllegalArgumentException e) {
      throw syntax(e.getMessage(), at);
    }
  }

  private void operator(Deque<Character> brackets) {
    for (var operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        balance(operator, brackets);
        add(Token.Kind.OPERATOR, operator, null, at);
        at += operator.length();
        return;
      }
    }
    throw syntax("Unexpected character '" + Character.toString(source.codePointAt(at)) + "'.", at);
  }

  private void balance(String operator, Deque<Character> brackets) {
    switch (operator) {
      case "(" -> brackets.push(')');
      case "[" -> brackets.push(']');
      case "{" -> brackets.push('}');
      case ")", "]", "}" -> {
        if (brackets.isEmpty() || brackets.pop() != operator.charAt(0)) {
          throw syntax("Unexpected '" + operator + "': no such bracket is open.", at);
        }
      }
      default -> {}
    }
  }

  private void add(Token.Kind kind, String text, Object value, int offset) {
    tokens.add(new Token(kind, text, value, position(offset)));
  }

  private Position position(int offset) {
    var found = Arrays.binarySearch(lineStarts, offset);
    var line = found >= 0 ? found : -found - 2;
    return new Position(line + 1, offset - lineStarts[line] + 1);
  }

  private TemplateException syntax(String message, int offset) {
    return new TemplateException(Kind.SYNTAX, message, position(offset));
  }
}
