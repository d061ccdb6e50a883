package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Reference;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton;
import platform.deepseek.inference.grammar.schema.Alternatives.Alternative;
import platform.deepseek.inference.grammar.schema.Alternatives.Rival;

/** From one schema to one grammar: a rule per goal, made when some rule needs it. */
final class Compilation {

  private static final int MOST_RULES = 50_000;
  private static final int MOST_RIVALS = 20_000;

  private final SchemaDocument document;
  private final Rules rules;
  private final StringLanguages strings;
  private final Alternatives alternatives;
  private final Evaluation strict;
  private final Evaluation lenient;
  private final ObjectExpressions objects;
  private final ArrayExpressions arrays;
  private final StringExpressions texts;
  private final Map<NumberRange, Expression> numbers = new HashMap<>();
  private final Map<Goal, Boolean> plainlyEmpty = new HashMap<>();
  private final Map<Goal, String> names = new HashMap<>();
  private final ArrayDeque<Goal> open = new ArrayDeque<>();
  private final List<Rival> rivals = new ArrayList<>();
  private final HashSet<Goal> rivalGoals = new HashSet<>();

  Compilation(JsonNode schema, String prefix) {
    var deadline = new Deadline();
    document = new SchemaDocument(schema, deadline);
    strings = new StringLanguages(deadline);
    texts = new StringExpressions(strings);
    rules = new Rules(prefix);
    alternatives = new Alternatives(document);
    strict = new Evaluation(document, strings, false);
    lenient = new Evaluation(document, strings, true);
    objects =
        new ObjectExpressions(
            this::value, new PropertyNames(strings, this::follows, this::nameLanguage), rules);
    arrays = new ArrayExpressions(this::value);
  }

  Grammar grammar() {
    var root = rules.fresh("root");
    var goal = Goal.of(document.root());
    document.read(document.root());
    rules.add(root, value(goal));
    work();
    var productivity = new Productivity(rules.all());
    for (var rival : rivals) {
      if (productivity.isProductive(names.get(rival.both()))) {
        throw new UnsupportedSchemaException(
            rival.path(),
            "oneOf",
            "its branches %s and %s can hold at once; use anyOf, or give both a required property"
                    .formatted(rival.first(), rival.second())
                + " with a const of its own");
      }
    }
    if (!productivity.isProductive(root)) {
      throw new MalformedSchemaException("#", "schema", "no value is valid against it");
    }
    return new Grammar(root, productivity.reachedFrom(root));
  }

  private void work() {
    while (!open.isEmpty()) {
      var goal = open.remove();
      rules.add(names.get(goal), expression(goal));
      if (rules.size() > MOST_RULES) {
        throw new UnsupportedSchemaException(
            "#", "schema", "it needs more than %,d rules; make it simpler".formatted(MOST_RULES));
      }
    }
  }

  /** What stands for a goal in other expressions. */
  private Expression value(Goal goal) {
    if (isPlainlyEmpty(goal)) {
      return JsonText.NOTHING;
    }
    if (goal.schemas().isEmpty()) {
      return rules.anyValue();
    }
    var known = names.get(goal);
    if (known == null) {
      known = rules.fresh(goal.probe() ? "probe" : "schema");
      names.put(goal, known);
      open.add(goal);
    }
    return new Reference(known);
  }

  /**
   * Whether no value is left, as far as constants show it: the branches of most unions differ in a
   * constant, and need not be compared any further.
   */
  private boolean isPlainlyEmpty(Goal goal) {
    if (goal.isImpossible()) {
      return true;
    }
    boolean constant =
        goal.schemas().size() > 1
            && goal.schemas().stream()
                .anyMatch(schema -> schema.json().has("const") || schema.json().has("enum"));
    return constant
        && plainlyEmpty.computeIfAbsent(
            goal,
            key ->
                alternatives.of(key).stream()
                    .allMatch(
                        alternative ->
                            alternative.conjunction().candidates().isPresent()
                                && options(alternative, key.probe()).isEmpty()));
  }

  private Expression expression(Goal goal) {
    var options = new ArrayList<Expression>();
    for (var alternative : alternatives.of(goal)) {
      for (var rival : alternative.rivals()) {
        exclude(rival);
      }
      options.addAll(options(alternative, goal.probe()));
    }
    var distinct = options.stream().distinct().toList();
    return distinct.size() == 1 ? distinct.getFirst() : new Choice(distinct);
  }

  private void exclude(Rival rival) {
    if (rival.both().isImpossible() || !rivalGoals.add(rival.both())) {
      return;
    }
    if (rivals.size() == MOST_RIVALS) {
      throw new UnsupportedSchemaException(
          rival.path(),
          "oneOf",
          "more than %,d pairs of branches would have to be compared; use anyOf"
              .formatted(MOST_RIVALS));
    }
    if (value(rival.both()) instanceof Reference) {
      rivals.add(rival);
    }
  }

  private List<Expression> options(Alternative alternative, boolean probe) {
    var conjunction = alternative.conjunction();
    var candidates = conjunction.candidates();
    if (candidates.isPresent()) {
      var values =
          candidates.get().stream().filter(value -> valid(value, conjunction, probe)).toList();
      return values.isEmpty() ? List.of() : List.of(Constants.of(values, conjunction.path()));
    }
    var options = new ArrayList<Expression>();
    for (var type : conjunction.types()) {
      options.add(
          switch (type) {
            case NULL -> JsonText.NULL;
            case BOOLEAN -> JsonText.BOOLEAN;
            case NUMBER -> number(conjunction);
            case STRING -> texts.of(conjunction);
            case ARRAY -> arrays.of(conjunction, probe);
            case OBJECT -> objects.of(conjunction, probe);
          });
    }
    options.remove(JsonText.NOTHING);
    return options;
  }

  private boolean valid(JsonNode value, Conjunction conjunction, boolean probe) {
    var evaluation = probe ? lenient : strict;
    return conjunction.nodes().stream().allMatch(node -> evaluation.valid(value, node.location()));
  }

  private Expression number(Conjunction conjunction) {
    var range = conjunction.range();
    var known = numbers.get(range);
    if (known == null) {
      known = number(range, conjunction.path());
      numbers.put(range, known);
    }
    return known;
  }

  private static Expression number(NumberRange range, String path) {
    var language = NumberLanguages.language(range, path);
    if (language == NumberLanguages.ANY_INTEGER) {
      return JsonText.ANY_INTEGER;
    }
    if (language == NumberLanguages.ANY_NUMBER) {
      return JsonText.ANY_NUMBER;
    }
    return language.isEmpty() ? JsonText.NOTHING : JsonText.plain(language);
  }

  private boolean follows(Goal goal, String name) {
    var evaluation = goal.probe() ? lenient : strict;
    return goal.schemas().stream()
        .allMatch(schema -> evaluation.valid(JsonValues.text(name), schema));
  }

  /** The names that propertyNames leaves; names are strings, so other types do not matter. */
  private Optional<CharacterAutomaton> nameLanguage(Goal goal, String path) {
    if (goal.schemas().isEmpty()) {
      return Optional.empty();
    }
    var languages = new ArrayList<CharacterAutomaton>();
    for (var alternative : alternatives.of(goal)) {
      var conjunction = alternative.conjunction();
      if (!alternative.rivals().isEmpty()) {
        throw new UnsupportedSchemaException(
            path, "propertyNames", "oneOf in it is not supported; use anyOf");
      }
      if (conjunction.types().contains(Type.STRING)) {
        languages.add(names(conjunction, goal.probe()));
      }
    }
    return Optional.of(
        languages.stream()
            .map(CharacterAutomaton::complement)
            .reduce(CharacterAutomaton.EVERYTHING, CharacterAutomaton::and)
            .complement());
  }

  private CharacterAutomaton names(Conjunction conjunction, boolean probe) {
    var candidates = conjunction.candidates();
    if (candidates.isPresent()) {
      var names = new HashSet<String>();
      for (var value : candidates.get()) {
        if (value.isTextual() && valid(value, conjunction, probe)) {
          names.add(value.textValue());
        }
      }
      return NameTree.allBut(names).complement();
    }
    return strings
        .language(conjunction)
        .orElseGet(
            () ->
                conjunction.length().isEmpty()
                    ? CharacterAutomaton.EVERYTHING.complement()
                    : StringLanguages.length(conjunction.length()));
  }
}
