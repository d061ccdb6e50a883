package platform.deepseek.inference.grammar.schema;

import java.util.ArrayList;
import java.util.function.Function;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Sequence;

/** Arrays of a conjunction: items by position, then the rest, within a count. */
final class ArrayExpressions {

  private static final int LONGEST_PREFIX = 200;

  private final Function<Goal, Expression> values;

  ArrayExpressions(Function<Goal, Expression> values) {
    this.values = values;
  }

  Expression of(Conjunction conjunction, boolean probe) {
    var count = conjunction.items();
    if (count.isEmpty()) {
      return JsonText.NOTHING;
    }
    if (count.least() > Count.LARGEST) {
      throw new UnsupportedSchemaException(
          conjunction.path(),
          "minItems",
          "more than %,d is not supported".formatted(Count.LARGEST));
    }
    int prefix =
        conjunction.nodes().stream().mapToInt(node -> node.items().prefix().size()).max().orElse(0);
    if (prefix > LONGEST_PREFIX) {
      throw new UnsupportedSchemaException(
          conjunction.path(),
          "prefixItems",
          "it has %,d schemas; up to %,d are supported".formatted(prefix, LONGEST_PREFIX));
    }
    int least = (int) count.least();
    int most = count.mostRepeated();
    var rest = item(conjunction, prefix, probe);
    if (prefix == 0) {
      return JsonText.array(JsonText.list(rest, least, most));
    }
    Expression tail =
        most != Expression.UNBOUNDED && most <= prefix
            ? JsonText.EMPTY
            : new Expression.Repeat(
                Sequence.of(JsonText.COMMA, rest),
                Math.max(0, least - prefix),
                most == Expression.UNBOUNDED ? most : most - prefix);
    for (int i = prefix - 1; i >= 0; i--) {
      if (most != Expression.UNBOUNDED && i >= most) {
        continue;
      }
      var parts = new ArrayList<Expression>();
      if (i > 0) {
        parts.add(JsonText.COMMA);
      }
      parts.add(item(conjunction, i, probe));
      parts.add(tail);
      var some = JsonText.sequence(parts);
      tail = i < least ? some : JsonText.optional(some);
    }
    return JsonText.array(tail);
  }

  private Expression item(Conjunction conjunction, int index, boolean probe) {
    var schemas =
        conjunction.nodes().stream().flatMap(node -> node.items().at(index).stream()).toList();
    return JsonText.spaced(values.apply(Goal.of(schemas, probe)));
  }
}
