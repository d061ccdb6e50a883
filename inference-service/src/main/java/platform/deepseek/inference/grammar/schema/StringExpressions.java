package platform.deepseek.inference.grammar.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.regular.CodePointSet;
import platform.deepseek.inference.grammar.regular.RegularExpression;
import platform.deepseek.inference.grammar.regular.RegularExpression.Characters;
import platform.deepseek.inference.grammar.regular.RegularExpression.End;
import platform.deepseek.inference.grammar.regular.RegularExpression.Repetition;
import platform.deepseek.inference.grammar.regular.RegularExpression.Sequence;
import platform.deepseek.inference.grammar.regular.RegularExpression.Start;
import platform.deepseek.inference.grammar.regular.TooManyStatesException;

/**
 * Strings of a conjunction. What can be counted is left to the grammar to count, because an
 * automaton would need states for each character; patterns that do more become one automaton.
 */
final class StringExpressions {

  private final StringLanguages languages;
  private final Map<List<SchemaNode.Text>, Expression> automata = new HashMap<>();

  StringExpressions(StringLanguages languages) {
    this.languages = languages;
  }

  Expression of(Conjunction conjunction) {
    var counted = counted(conjunction);
    if (counted.isPresent()) {
      return counted.get();
    }
    var format = formatAlone(conjunction);
    if (format.isPresent()) {
      return Formats.expression(format.get());
    }
    if (conjunction.length().isEmpty()) {
      return JsonText.NOTHING;
    }
    var texts = conjunction.nodes().stream().map(SchemaNode::text).distinct().toList();
    var known = automata.get(texts);
    if (known == null) {
      known = automaton(conjunction);
      automata.put(texts, known);
    }
    return known;
  }

  private Expression automaton(Conjunction conjunction) {
    var language = languages.language(conjunction).orElseThrow();
    try {
      return language.isEmpty() ? JsonText.NOTHING : JsonText.string(language);
    } catch (TooManyStatesException tooMany) {
      throw new UnsupportedSchemaException(
          conjunction.path(), "pattern", tooMany.getMessage() + "; make it simpler");
    }
  }

  private static Optional<String> formatAlone(Conjunction conjunction) {
    var texts = conjunction.nodes().stream().map(SchemaNode::text).toList();
    var formats = texts.stream().flatMap(text -> text.format().stream()).distinct().toList();
    boolean alone =
        formats.size() == 1
            && texts.stream().allMatch(text -> text.pattern().isEmpty())
            && conjunction.length().isAny();
    return alone
        ? Optional.of(formats.getFirst()).filter(name -> Formats.language(name).isPresent())
        : Optional.empty();
  }

  /** Any number of characters within a count, all of one set. */
  private static Optional<Expression> counted(Conjunction conjunction) {
    var sets = new ArrayList<CodePointSet>();
    var count = conjunction.length();
    for (var node : conjunction.nodes()) {
      if (node.text().format().isPresent()) {
        return Optional.empty();
      }
      if (node.text().pattern().isPresent()) {
        var repetition = repetition(node, node.text().pattern().get());
        if (repetition.isEmpty() || !sets.isEmpty()) {
          return Optional.empty();
        }
        sets.add(((Characters) repetition.get().body()).set());
        int most = repetition.get().most();
        count =
            count.and(
                new Count(
                    repetition.get().least(),
                    most == RegularExpression.UNBOUNDED ? Count.UNBOUNDED : most));
      }
    }
    var set = sets.isEmpty() ? CodePointSet.ALL : sets.getFirst();
    if (set.isEmpty()) {
      count = count.and(new Count(0, 0));
    }
    return Optional.of(counted(set, count, conjunction.path()));
  }

  /** A pattern from start to end that is one repeated set of characters. */
  private static Optional<Repetition> repetition(SchemaNode node, String pattern) {
    return StringLanguages.read(node.location().path(), "pattern", pattern)
                instanceof Sequence(List<RegularExpression> parts)
            && parts.size() == 3
            && parts.get(0) instanceof Start
            && parts.get(1) instanceof Repetition repetition
            && repetition.body() instanceof Characters
            && parts.get(2) instanceof End
        ? Optional.of(repetition)
        : Optional.empty();
  }

  private static Expression counted(CodePointSet set, Count count, String path) {
    if (count.isEmpty()) {
      return JsonText.NOTHING;
    }
    if (count.isAny() && set.equals(CodePointSet.ALL)) {
      return JsonText.ANY_STRING;
    }
    if (count.least() > Count.LARGEST) {
      throw new UnsupportedSchemaException(
          path, "minLength", "more than %,d is not supported".formatted(Count.LARGEST));
    }
    return JsonText.repeated(set, (int) count.least(), count.mostRepeated());
  }
}
