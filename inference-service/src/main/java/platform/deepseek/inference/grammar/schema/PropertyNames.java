package platform.deepseek.inference.grammar.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton;
import platform.deepseek.inference.grammar.regular.TooManyStatesException;

/**
 * Which names an object may have, and what their values must follow. properties, patternProperties
 * and additionalProperties belong together within one schema; merged schemas each say what holds.
 */
final class PropertyNames {

  private static final int MOST_PATTERNS = 6;

  /** Names that no schema declares, and the goal of their values. */
  record Other(Expression name, Goal value) {}

  private final StringLanguages strings;

  /** Names beside those declared; branches of a union often declare the same. */
  private final Map<Set<String>, Expression> open = new HashMap<>();

  private final BiFunction<Goal, String, Boolean> nameAllowed;
  private final BiFunction<Goal, String, Optional<CharacterAutomaton>> nameLanguage;

  /**
   * @param nameAllowed whether a name follows a goal
   * @param nameLanguage the names that follow a goal, empty if all do
   */
  PropertyNames(
      StringLanguages strings,
      BiFunction<Goal, String, Boolean> nameAllowed,
      BiFunction<Goal, String, Optional<CharacterAutomaton>> nameLanguage) {
    this.strings = strings;
    this.nameAllowed = nameAllowed;
    this.nameLanguage = nameLanguage;
  }

  boolean allow(Conjunction conjunction, String name, boolean probe) {
    return nameAllowed.apply(namesGoal(conjunction, probe), name);
  }

  private static Goal namesGoal(Conjunction conjunction, boolean probe) {
    return Goal.of(
        conjunction.nodes().stream().flatMap(node -> node.members().names().stream()).toList(),
        probe);
  }

  Goal value(Conjunction conjunction, String name, boolean probe) {
    var schemas = new LinkedHashSet<Location>();
    conjunction.nodes().forEach(node -> schemas.addAll(strings.schemasOf(name, node.members())));
    return Goal.of(schemas, probe);
  }

  /** The names beside those declared, sorted out by the patterns that they match. */
  List<Other> others(Conjunction conjunction, Set<String> declared, boolean probe) {
    if (probe) {
      // A superset will do: it is only asked whether some object is left.
      boolean closed =
          conjunction.nodes().stream().allMatch(node -> node.members().patterns().isEmpty())
              && value(conjunction, Set.of(), true).isImpossible();
      return closed ? List.of() : List.of(new Other(JsonText.ANY_STRING, Goal.of(List.of(), true)));
    }
    try {
      return sorted(conjunction, declared, probe);
    } catch (TooManyStatesException tooMany) {
      throw new UnsupportedSchemaException(
          conjunction.path(),
          "additionalProperties",
          "the names that it leaves open: %s; set it to false".formatted(tooMany.getMessage()));
    }
  }

  private List<Other> sorted(Conjunction conjunction, Set<String> declared, boolean probe) {
    var patterns = new LinkedHashMap<String, Location>();
    for (var node : conjunction.nodes()) {
      patterns.putAll(node.members().patterns());
    }
    if (patterns.size() > MOST_PATTERNS) {
      throw new UnsupportedSchemaException(
          conjunction.path(),
          "patternProperties",
          "%,d patterns together are more than the %d that are supported"
              .formatted(patterns.size(), MOST_PATTERNS));
    }
    var classes = new ArrayList<Matched>(List.of(new Matched(Optional.empty(), Set.of())));
    for (var pattern : patterns.entrySet()) {
      var automaton = strings.propertyPattern(pattern.getValue(), pattern.getKey());
      var split = new ArrayList<Matched>();
      for (var one : classes) {
        var inside = new LinkedHashSet<>(one.patterns());
        inside.add(pattern.getKey());
        split.add(new Matched(Optional.of(one.and(automaton)), inside));
        split.add(new Matched(Optional.of(one.and(automaton.complement())), one.patterns()));
      }
      classes = split;
    }
    var named = nameLanguage.apply(namesGoal(conjunction, probe), conjunction.path());
    var results = new ArrayList<Other>();
    for (var one : classes) {
      var value = value(conjunction, one.patterns(), probe);
      if (value.isImpossible()) {
        continue;
      }
      if (one.language().isEmpty() && named.isEmpty()) {
        results.add(new Other(anyBut(declared), value));
        continue;
      }
      var language = one.and(named.orElse(CharacterAutomaton.EVERYTHING));
      if (!declared.isEmpty()) {
        language = language.and(NameTree.allBut(declared));
      }
      if (!language.isEmpty()) {
        results.add(new Other(JsonText.string(language), value));
      }
    }
    return results;
  }

  private Expression anyBut(Set<String> declared) {
    return declared.isEmpty()
        ? JsonText.ANY_STRING
        : open.computeIfAbsent(
            Set.copyOf(declared), names -> JsonText.string(NameTree.allBut(names)));
  }

  /** Names that match exactly these patterns; no language means all names. */
  private record Matched(Optional<CharacterAutomaton> language, Set<String> patterns) {

    CharacterAutomaton and(CharacterAutomaton other) {
      return language.map(mine -> mine.and(other)).orElse(other);
    }
  }

  private static Goal value(Conjunction conjunction, Set<String> matched, boolean probe) {
    var schemas = new LinkedHashSet<Location>();
    for (var node : conjunction.nodes()) {
      var members = node.members();
      var mine = new ArrayList<Location>();
      members
          .patterns()
          .forEach(
              (pattern, schema) -> {
                if (matched.contains(pattern)) {
                  mine.add(schema);
                }
              });
      if (mine.isEmpty()) {
        members.additional().ifPresent(mine::add);
      }
      schemas.addAll(mine);
    }
    return Goal.of(schemas, probe);
  }
}
