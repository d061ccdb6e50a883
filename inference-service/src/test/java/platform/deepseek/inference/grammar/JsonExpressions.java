package platform.deepseek.inference.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Literal;
import platform.deepseek.inference.grammar.Expression.Reference;
import platform.deepseek.inference.grammar.Expression.Repeat;
import platform.deepseek.inference.grammar.Expression.Sequence;

/** The pieces of JSON as expressions, written by hand. */
public final class JsonExpressions {

  private static final Expression HEX = RandomGrammar.ranges('0', '9', 'A', 'F', 'a', 'f');
  private static final Expression DIGIT = RandomGrammar.ranges('0', '9');

  private static final Expression CHARACTER =
      Choice.of(
          RandomGrammar.ranges(' ', '!', '#', '[', ']', 0x10FFFF),
          Sequence.of(
              text("\\"),
              Choice.of(characters("\"/\\bfnrt"), Sequence.of(text("u"), new Repeat(HEX, 4, 4)))));

  private JsonExpressions() {}

  public static Expression text(String text) {
    return new Literal(text);
  }

  private static Expression characters(String characters) {
    return new Expression.Characters(
        characters.chars().sorted().mapToObj(c -> new Expression.Range(c, c)).toList());
  }

  public static Expression string() {
    return string(0, Expression.UNBOUNDED);
  }

  public static Expression string(int least, int most) {
    return Sequence.of(text("\""), new Repeat(CHARACTER, least, most), text("\""));
  }

  /** A string of so many characters out of these ranges. */
  public static Expression string(Expression characters, int least, int most) {
    return Sequence.of(text("\""), new Repeat(characters, least, most), text("\""));
  }

  public static Expression digits(int count) {
    return new Repeat(DIGIT, count, count);
  }

  public static Expression hex(int count) {
    return new Repeat(HEX, count, count);
  }

  public static Expression integer() {
    return Sequence.of(
        optional(text("-")),
        Choice.of(
            text("0"),
            Sequence.of(
                RandomGrammar.ranges('1', '9'), new Repeat(DIGIT, 0, Expression.UNBOUNDED))));
  }

  public static Expression number() {
    return Sequence.of(
        integer(),
        optional(Sequence.of(text("."), new Repeat(DIGIT, 1, Expression.UNBOUNDED))),
        optional(
            Sequence.of(
                characters("Ee"),
                optional(characters("+-")),
                new Repeat(DIGIT, 1, Expression.UNBOUNDED))));
  }

  public static Expression optional(Expression expression) {
    return new Repeat(expression, 0, 1);
  }

  public static Expression anyOf(String... values) {
    return new Choice(List.of(values).stream().map(v -> text("\"" + v + "\"")).toList());
  }

  public static Expression array(Expression item, int least, int most) {
    int more = most == Expression.UNBOUNDED ? most : most - 1;
    Expression items =
        Sequence.of(
            item, new Repeat(Sequence.of(text(","), space(), item), Math.max(0, least - 1), more));
    return Sequence.of(text("["), least == 0 ? optional(items) : items, text("]"));
  }

  private static Expression space() {
    return new Repeat(characters(" \n"), 0, 8);
  }

  /** Names and values in turn, all of them required. */
  public static Expression object(Object... members) {
    List<Expression> parts = new ArrayList<>(List.of(text("{"), space()));
    for (int i = 0; i < members.length; i += 2) {
      if (i > 0) {
        parts.addAll(List.of(text(","), space()));
      }
      parts.add(text("\"" + members[i] + "\":"));
      parts.add(space());
      parts.add((Expression) members[i + 1]);
    }
    parts.addAll(List.of(space(), text("}")));
    return new Sequence(parts);
  }

  /** The rules of any JSON value, named value. */
  public static Map<String, Expression> anyValue() {
    Expression value = new Reference("value");
    Expression member = Sequence.of(string(), text(":"), space(), value);
    Expression members =
        Sequence.of(
            member, new Repeat(Sequence.of(text(","), space(), member), 0, Expression.UNBOUNDED));
    return Map.of(
        "value",
        Choice.of(
            string(),
            number(),
            text("true"),
            text("false"),
            text("null"),
            Sequence.of(text("{"), space(), optional(members), space(), text("}")),
            Sequence.of(
                text("["),
                optional(
                    Sequence.of(
                        value,
                        new Repeat(
                            Sequence.of(text(","), space(), value), 0, Expression.UNBOUNDED))),
                text("]"))));
  }
}
