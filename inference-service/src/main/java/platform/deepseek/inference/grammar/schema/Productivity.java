package platform.deepseek.inference.grammar.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.inference.grammar.Expression;

/**
 * Which rules match any text at all. The others are taken out with everything that needs them, so
 * that no generation runs into a place without a way on.
 */
final class Productivity {

  private final Map<String, Expression> rules;
  private final Set<String> productive = new HashSet<>();

  Productivity(Map<String, Expression> rules) {
    this.rules = rules;
    var usedBy = new HashMap<String, Set<String>>();
    rules.forEach(
        (name, expression) ->
            references(expression)
                .forEach(used -> usedBy.computeIfAbsent(used, u -> new HashSet<>()).add(name)));
    var queue = new ArrayDeque<>(rules.keySet());
    while (!queue.isEmpty()) {
      var name = queue.remove();
      if (!productive.contains(name) && matchesSomething(rules.get(name))) {
        productive.add(name);
        queue.addAll(usedBy.getOrDefault(name, Set.of()));
      }
    }
  }

  boolean isProductive(String rule) {
    return productive.contains(rule);
  }

  /** The rules that are reached from a root, without what matches nothing. */
  Map<String, Expression> reachedFrom(String root) {
    var kept = new LinkedHashMap<String, Expression>();
    var queue = new ArrayDeque<>(List.of(root));
    while (!queue.isEmpty()) {
      var name = queue.remove();
      if (!kept.containsKey(name)) {
        var expression = pruned(rules.get(name)).orElseThrow();
        kept.put(name, expression);
        queue.addAll(references(expression));
      }
    }
    return kept;
  }

  private boolean matchesSomething(Expression expression) {
    return switch (expression) {
      case Expression.Sequence(List<Expression> parts) ->
          parts.stream().allMatch(this::matchesSomething);
      case Expression.Choice(List<Expression> options) ->
          options.stream().anyMatch(this::matchesSomething);
      case Expression.Repeat(Expression body, int least, int most) ->
          least == 0 || (most != 0 && matchesSomething(body));
      case Expression.Reference(String rule) -> productive.contains(rule);
      case Expression.Characters(List<Expression.Range> ranges) -> !ranges.isEmpty();
      case Expression.Regular _,
          Expression.Literal _,
          Expression.Until _,
          Expression.Without _,
          Expression.Anything _ ->
          true;
    };
  }

  private Optional<Expression> pruned(Expression expression) {
    if (!matchesSomething(expression)) {
      return Optional.empty();
    }
    return Optional.of(
        switch (expression) {
          case Expression.Sequence(List<Expression> parts) ->
              JsonText.sequence(parts.stream().map(part -> pruned(part).orElseThrow()).toList());
          case Expression.Choice(List<Expression> options) -> {
            var kept = new ArrayList<Expression>();
            options.forEach(option -> pruned(option).ifPresent(kept::add));
            yield kept.size() == 1 ? kept.getFirst() : new Expression.Choice(kept);
          }
          case Expression.Repeat(Expression body, int least, int most) ->
              pruned(body)
                  .filter(_ -> most != 0)
                  .<Expression>map(inner -> new Expression.Repeat(inner, least, most))
                  .orElse(JsonText.EMPTY);
          case Expression.Reference _,
              Expression.Characters _,
              Expression.Regular _,
              Expression.Literal _,
              Expression.Until _,
              Expression.Without _,
              Expression.Anything _ ->
              expression;
        });
  }

  private static Set<String> references(Expression expression) {
    var found = new LinkedHashSet<String>();
    var open = new ArrayDeque<>(List.of(expression));
    while (!open.isEmpty()) {
      switch (open.pop()) {
        case Expression.Sequence(List<Expression> parts) -> open.addAll(parts);
        case Expression.Choice(List<Expression> options) -> open.addAll(options);
        case Expression.Repeat(Expression body, int _, int _) -> open.add(body);
        case Expression.Reference(String rule) -> found.add(rule);
        case Expression.Characters _,
            Expression.Regular _,
            Expression.Literal _,
            Expression.Until _,
            Expression.Without _,
            Expression.Anything _ -> {}
      }
    }
    return found;
  }
}
