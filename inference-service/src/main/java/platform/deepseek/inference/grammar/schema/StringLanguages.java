package platform.deepseek.inference.grammar.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton;
import platform.deepseek.inference.grammar.regular.CodePointSet;
import platform.deepseek.inference.grammar.regular.Pattern;
import platform.deepseek.inference.grammar.regular.PatternException;
import platform.deepseek.inference.grammar.regular.RegularExpression;
import platform.deepseek.inference.grammar.regular.TooManyStatesException;

/** The strings that schemas allow, as automata over code points. */
final class StringLanguages {

  private final Deadline deadline;
  private final Map<String, CharacterAutomaton> patterns = new HashMap<>();

  StringLanguages(Deadline deadline) {
    this.deadline = deadline;
  }

  /**
   * The strings that follow all keywords of a conjunction; empty if there is no pattern or format.
   */
  Optional<CharacterAutomaton> language(Conjunction conjunction) {
    var parts = new ArrayList<CharacterAutomaton>();
    var keyword = "pattern";
    for (var node : conjunction.nodes()) {
      node.text().pattern().ifPresent(pattern -> parts.add(pattern(node, pattern)));
      node.text().format().ifPresent(format -> parts.add(format(node, format)));
    }
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    try {
      var all = parts.getFirst();
      for (var part : parts.subList(1, parts.size())) {
        all = all.and(part);
      }
      if (!conjunction.length().isAny()) {
        keyword = "maxLength";
        all = all.and(length(conjunction.length()));
      }
      return Optional.of(all);
    } catch (TooManyStatesException tooMany) {
      throw new UnsupportedSchemaException(
          conjunction.path(), keyword, tooMany.getMessage() + "; make it simpler");
    }
  }

  /** The strings whose number of code points is within the count. */
  static CharacterAutomaton length(Count count) {
    long largest = count.most() == Count.UNBOUNDED ? count.least() : count.most();
    int limit = CharacterAutomaton.MOST_STATES;
    return CharacterAutomaton.matching(
        new RegularExpression.Repetition(
            new RegularExpression.Characters(CodePointSet.ALL),
            (int) Math.min(count.least(), limit),
            count.most() == Count.UNBOUNDED
                ? RegularExpression.UNBOUNDED
                : (int) Math.min(largest, limit)));
  }

  boolean accepts(SchemaNode node, String text) {
    return node.text().length().contains(text.codePointCount(0, text.length()))
        && node.text().pattern().map(pattern -> pattern(node, pattern).accepts(text)).orElse(true)
        && node.text().format().map(format -> format(node, format).accepts(text)).orElse(true);
  }

  /** The schemas that the value of a property must follow. */
  List<Location> schemasOf(String name, SchemaNode.Members members) {
    var schemas = new ArrayList<Location>();
    Optional.ofNullable(members.properties().get(name)).ifPresent(schemas::add);
    members
        .patterns()
        .forEach(
            (pattern, schema) -> {
              if (propertyPattern(schema, pattern).accepts(name)) {
                schemas.add(schema);
              }
            });
    if (schemas.isEmpty()) {
      members.additional().ifPresent(schemas::add);
    }
    return schemas;
  }

  CharacterAutomaton propertyPattern(Location schema, String pattern) {
    return compiled(schema.path(), "patternProperties", pattern);
  }

  private CharacterAutomaton pattern(SchemaNode node, String pattern) {
    return compiled(node.location().path(), "pattern", pattern);
  }

  private CharacterAutomaton compiled(String path, String keyword, String pattern) {
    var known = patterns.get(pattern);
    if (known != null) {
      return known;
    }
    deadline.check(path);
    try {
      var automaton = CharacterAutomaton.containing(read(path, keyword, pattern));
      patterns.put(pattern, automaton);
      return automaton;
    } catch (TooManyStatesException tooMany) {
      throw new UnsupportedSchemaException(
          path, keyword, "\"%s\": %s".formatted(pattern, tooMany.getMessage()));
    }
  }

  static RegularExpression read(String path, String keyword, String pattern) {
    try {
      return Pattern.read(pattern);
    } catch (PatternException refused) {
      if (refused.malformed()) {
        throw new MalformedSchemaException(
            path, keyword, "\"%s\" has %s".formatted(pattern, refused.getMessage()));
      }
      throw new UnsupportedSchemaException(
          path,
          keyword,
          "\"%s\" has %s, which is not supported".formatted(pattern, refused.getMessage()));
    }
  }

  private static CharacterAutomaton format(SchemaNode node, String format) {
    return Formats.language(format)
        .orElseThrow(
            () ->
                new UnsupportedSchemaException(
                    node.location().path(),
                    "format",
                    "\"%s\" is not supported; supported are %s"
                        .formatted(format, Formats.known())));
  }
}
