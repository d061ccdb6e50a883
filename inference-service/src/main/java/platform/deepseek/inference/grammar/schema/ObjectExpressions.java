package platform.deepseek.inference.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Literal;
import platform.deepseek.inference.grammar.Expression.Repeat;
import platform.deepseek.inference.grammar.Expression.Sequence;

/**
 * Objects of a conjunction: declared properties in the order of the schema, then others. A fixed
 * order keeps the grammar linear in the number of properties and rules out duplicates; models
 * follow it because the schema is in their prompt in the same order.
 */
final class ObjectExpressions {

  private static final int MOST_COUNTED = 20_000;

  /** A declared property that is allowed. */
  private record Member(Expression expression, boolean required) {}

  private final Function<Goal, Expression> values;
  private final PropertyNames names;
  private final Rules rules;

  ObjectExpressions(Function<Goal, Expression> values, PropertyNames names, Rules rules) {
    this.values = values;
    this.names = names;
    this.rules = rules;
  }

  Expression of(Conjunction conjunction, boolean probe) {
    var required = new LinkedHashSet<String>();
    conjunction.nodes().forEach(node -> required.addAll(node.members().required()));
    var declared = new LinkedHashSet<String>();
    conjunction.nodes().forEach(node -> declared.addAll(node.members().properties().keySet()));
    declared.addAll(required);
    var count = conjunction.members();
    if (count.isEmpty() || count.most() < required.size()) {
      return JsonText.NOTHING;
    }
    if (probe) {
      count = new Count(0, count.most());
    }
    var members = new ArrayList<Member>();
    for (var name : declared) {
      var value =
          names.allow(conjunction, name, probe)
              ? values.apply(names.value(conjunction, name, probe))
              : JsonText.NOTHING;
      if (!value.equals(JsonText.NOTHING)) {
        members.add(
            new Member(
                JsonText.member(new Literal(JsonText.quoted(name)), value),
                required.contains(name)));
      } else if (required.contains(name)) {
        return JsonText.NOTHING;
      }
    }
    var others = others(conjunction, declared, probe);
    boolean bounded =
        count.least() > required.size()
            || (count.most() != Count.UNBOUNDED
                && (others.isPresent() || count.most() < members.size()));
    return JsonText.object(
        bounded
            ? counted(members, others, count, required.size(), conjunction)
            : uncounted(members, others));
  }

  private Optional<Expression> others(
      Conjunction conjunction, LinkedHashSet<String> declared, boolean probe) {
    var options = new ArrayList<Expression>();
    for (var other : names.others(conjunction, declared, probe)) {
      var value = values.apply(other.value());
      if (!value.equals(JsonText.NOTHING)) {
        options.add(JsonText.member(other.name(), value));
      }
    }
    return options.isEmpty()
        ? Optional.empty()
        : Optional.of(rules.add(options.size() == 1 ? options.getFirst() : new Choice(options)));
  }

  /** First comes some member without a comma; what may follow each is a rule. */
  private Expression uncounted(List<Member> members, Optional<Expression> others) {
    Expression more =
        others
            .<Expression>map(
                other -> new Repeat(Sequence.of(JsonText.COMMA, other), 0, Expression.UNBOUNDED))
            .orElse(JsonText.EMPTY);
    int firstRequired = 0;
    while (firstRequired < members.size() && !members.get(firstRequired).required()) {
      firstRequired++;
    }
    var rest = more;
    var options = new ArrayList<Expression>();
    if (firstRequired == members.size()) {
      options.add(
          others
              .map(other -> JsonText.list(other, 0, Expression.UNBOUNDED))
              .orElse(JsonText.EMPTY));
    }
    for (int i = members.size() - 1; i >= 0; i--) {
      var member = members.get(i);
      if (i <= firstRequired) {
        rest = rules.add(rest);
        options.addFirst(JsonText.sequence(List.of(member.expression(), rest)));
      }
      var behindOthers = Sequence.of(JsonText.COMMA, member.expression());
      rest =
          JsonText.sequence(
              List.of(member.required() ? behindOthers : JsonText.optional(behindOthers), rest));
    }
    return options.size() == 1 ? options.getFirst() : new Choice(options);
  }

  /** A rule for each place in the order and each number of members before it. */
  private Expression counted(
      List<Member> members,
      Optional<Expression> others,
      Count count,
      int required,
      Conjunction conjunction) {
    if (count.least() > Math.max(required, 1) && others.isPresent()) {
      throw new UnsupportedSchemaException(
          conjunction.path(),
          "minProperties",
          "%,d cannot be counted where names are open, because a name could come twice; "
                  .formatted(count.least())
              + "up to 1, or as many as are required, is supported, or any number with "
              + "additionalProperties false");
    }
    long cap =
        Math.min(count.most() == Count.UNBOUNDED ? count.least() : count.most(), MOST_COUNTED);
    if (Math.min(cap, members.size()) * members.size() > MOST_COUNTED) {
      throw new UnsupportedSchemaException(
          conjunction.path(),
          "maxProperties",
          "%,d of %,d properties cannot be counted".formatted(cap, members.size()));
    }
    int most = count.mostRepeated();
    int least = (int) Math.min(count.least(), Integer.MAX_VALUE);
    var next = new ArrayList<Expression>();
    for (int before = 0; before <= members.size(); before++) {
      next.add(tail(others, before, least, most));
    }
    for (int i = members.size() - 1; i >= 0; i--) {
      var member = members.get(i);
      var here = new ArrayList<Expression>();
      for (int before = 0; before <= i; before++) {
        var options = new ArrayList<Expression>();
        if (most == Expression.UNBOUNDED || before < most) {
          options.add(
              JsonText.sequence(
                  List.of(
                      before > 0 ? JsonText.COMMA : JsonText.EMPTY,
                      member.expression(),
                      next.get(before + 1))));
        }
        if (!member.required()) {
          options.add(next.get(before));
        }
        here.add(rules.add(new Choice(options)));
      }
      next = here;
    }
    return next.getFirst();
  }

  private static Expression tail(Optional<Expression> others, int before, int least, int most) {
    int missing = Math.max(0, least - before);
    int room = most == Expression.UNBOUNDED ? most : most - before;
    if (room < 0 && most != Expression.UNBOUNDED) {
      return JsonText.NOTHING;
    }
    if (others.isEmpty() || room == 0) {
      return missing == 0 ? JsonText.EMPTY : JsonText.NOTHING;
    }
    return before == 0
        ? JsonText.list(others.get(), missing, room)
        : new Repeat(Sequence.of(JsonText.COMMA, others.get()), missing, room);
  }
}
