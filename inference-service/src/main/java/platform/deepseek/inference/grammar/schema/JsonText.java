package platform.deepseek.inference.grammar.schema;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Literal;
import platform.deepseek.inference.grammar.Expression.Regular;
import platform.deepseek.inference.grammar.Expression.Repeat;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.grammar.regular.ByteForm;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton;
import platform.deepseek.inference.grammar.regular.CodePointSet;
import platform.deepseek.inference.grammar.regular.Pattern;
import platform.deepseek.inference.grammar.regular.RegularExpression;

/** The words of JSON as expressions. Every token takes the white space behind it. */
final class JsonText {

  static final Expression EMPTY = new Literal("");

  /** Nothing matches: rules of it are dropped, with all that needs them. */
  static final Expression NOTHING = new Choice(List.of());

  /**
   * What may stand between tokens: two spaces, or a new line with its indentation. Without a bound
   * a model that has nothing to say could write white space until its limit.
   */
  private static final Expression SPACE = regular(" {0,2}|\\r?\\n(?: {0,32}|\\t{0,16})");

  /** What may stand before the first token of an answer. */
  static final Expression LEADING = regular(" ?|\\n{1,2}");

  static final Expression COMMA = Sequence.of(new Literal(","), SPACE);
  private static final Expression COLON = Sequence.of(regular(" ?:"), SPACE);
  private static final Expression OPEN_OBJECT = Sequence.of(new Literal("{"), SPACE);
  private static final Expression CLOSE_OBJECT = new Literal("}");
  private static final Expression OPEN_ARRAY = Sequence.of(new Literal("["), SPACE);
  private static final Expression CLOSE_ARRAY = new Literal("]");

  private static final String CHARACTER =
      "(?:[^\"\\\\\\x00-\\x1f]|\\\\(?:[\"\\\\/bfnrt]|u(?:[0-9A-Ca-cEeFf][0-9A-Fa-f]{3}"
          + "|[dD][0-7][0-9A-Fa-f]{2}"
          + "|[dD][89ABab][0-9A-Fa-f]{2}\\\\u[dD][C-Fc-f][0-9A-Fa-f]{2})))";

  /** Any string, with every escape that JSON has. */
  static final Expression ANY_STRING = regular("\"" + CHARACTER + "*\"");

  /** One character of a string, a pair of escaped surrogates being one. */
  private static final Expression ANY_CHARACTER = regular(CHARACTER);

  static final Expression ANY_INTEGER = plain(NumberLanguages.ANY_INTEGER);
  static final Expression ANY_NUMBER = plain(NumberLanguages.ANY_NUMBER);
  static final Expression BOOLEAN = Choice.of(new Literal("true"), new Literal("false"));
  static final Expression NULL = new Literal("null");

  private static final String ESCAPED = "\b\t\n\f\r\"\\";
  private static final String LETTERS = "btnfr\"\\";

  private JsonText() {}

  private static Expression regular(String pattern) {
    return plain(CharacterAutomaton.matching(Pattern.read(pattern)));
  }

  static Expression plain(CharacterAutomaton language) {
    return new Regular(ByteForm.plain(language));
  }

  /** Strings of so many characters of a set. */
  static Expression repeated(CodePointSet set, int least, int most) {
    if (most == 0) {
      return new Literal("\"\"");
    }
    var character =
        set.equals(CodePointSet.ALL)
            ? ANY_CHARACTER
            : new Regular(
                ByteForm.jsonCharacters(
                    CharacterAutomaton.matching(new RegularExpression.Characters(set))));
    return Sequence.of(new Literal("\""), new Repeat(character, least, most), new Literal("\""));
  }

  static Expression string(CharacterAutomaton language) {
    return new Regular(ByteForm.jsonString(language));
  }

  static Expression optional(Expression body) {
    return new Repeat(body, 0, 1);
  }

  /** A value inside an object or array, with the white space behind it. */
  static Expression spaced(Expression value) {
    return Sequence.of(value, SPACE);
  }

  static Expression member(Expression name, Expression value) {
    return Sequence.of(name, COLON, value, SPACE);
  }

  static Expression object(Expression members) {
    return Sequence.of(OPEN_OBJECT, members, CLOSE_OBJECT);
  }

  static Expression array(Expression items) {
    return Sequence.of(OPEN_ARRAY, items, CLOSE_ARRAY);
  }

  /** Bodies behind each other with commas between them. */
  static Expression list(Expression body, int least, int most) {
    if (most == 0) {
      return EMPTY;
    }
    var rest =
        new Repeat(
            Sequence.of(COMMA, body),
            Math.max(0, least - 1),
            most == Expression.UNBOUNDED ? most : most - 1);
    var some = Sequence.of(body, rest);
    return least == 0 ? optional(some) : some;
  }

  static Expression sequence(List<Expression> parts) {
    var flat = new ArrayList<Expression>();
    for (var part : parts) {
      if (part instanceof Sequence(List<Expression> inner)) {
        flat.addAll(inner);
      } else if (!part.equals(EMPTY)) {
        flat.add(part);
      }
    }
    return flat.size() == 1 ? flat.getFirst() : new Sequence(flat);
  }

  /**
   * A string as it is written: only what must be escaped is.
   *
   * @throws MalformedSchemaException it holds half a surrogate pair, which no answer can
   */
  static String quoted(String text) {
    var written = new StringBuilder(text.length() + 2).append('"');
    text.codePoints().filter(JsonText::isSurrogate).findFirst().ifPresent(JsonText::refuse);
    for (char c : text.toCharArray()) {
      int known = ESCAPED.indexOf(c);
      if (known >= 0) {
        written.append('\\').append(LETTERS.charAt(known));
      } else if (c < ' ') {
        written.append("\\u%04x".formatted((int) c));
      } else {
        written.append(c);
      }
    }
    return written.append('"').toString();
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static void refuse(int surrogate) {
    throw new MalformedSchemaException(
        "#",
        "schema",
        "a value or name in it holds U+%04X, half of a surrogate pair; send whole characters"
            .formatted(surrogate));
  }
}
