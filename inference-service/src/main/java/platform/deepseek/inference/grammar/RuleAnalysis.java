package platform.deepseek.inference.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules that an answer can use, without the branches that lead to no text. What is left can
 * always be brought to an end, and no rule comes back to itself before it has read something.
 */
final class RuleAnalysis {

  private static final Expression NOTHING_TO_READ = new Expression.Literal("");

  private final Grammar grammar;
  private final Set<String> productive = new HashSet<>();
  private final Set<String> nullable = new HashSet<>();
  private final Map<String, Expression> pruned = new LinkedHashMap<>();

  private RuleAnalysis(Grammar grammar) {
    this.grammar = grammar;
  }

  /**
   * @throws IllegalArgumentException the grammar has no text, is left-recursive, names a rule that
   *     is not there or holds impossible numbers
   */
  static RuleAnalysis of(Grammar grammar) {
    RuleAnalysis analysis = new RuleAnalysis(grammar);
    List<String> reachable = analysis.reachable();
    for (boolean grows = true; grows; ) {
      grows = false;
      for (String rule : reachable) {
        grows |=
            !analysis.productive.contains(rule)
                && analysis.hasText(grammar.rules().get(rule))
                && analysis.productive.add(rule);
      }
    }
    if (!analysis.productive.contains(grammar.root())) {
      throw new IllegalArgumentException(
          "no text follows rule '%s' of the grammar; remove what contradicts itself in it"
              .formatted(grammar.root()));
    }
    for (String rule : reachable) {
      if (analysis.productive.contains(rule)) {
        analysis.pruned.put(rule, analysis.prune(grammar.rules().get(rule)));
      }
    }
    for (boolean grows = true; grows; ) {
      grows = false;
      for (Map.Entry<String, Expression> rule : analysis.pruned.entrySet()) {
        grows |= analysis.mayBeEmpty(rule.getValue()) && analysis.nullable.add(rule.getKey());
      }
    }
    analysis.refuseLeftRecursion();
    return analysis;
  }

  /** Flat sequences and choices, no repetition of nothing, no rule without a text. */
  Map<String, Expression> rules() {
    return pruned;
  }

  private List<String> reachable() {
    Set<String> seen = new HashSet<>(Set.of(grammar.root()));
    List<String> order = new ArrayList<>(List.of(grammar.root()));
    for (int i = 0; i < order.size(); i++) {
      Deque<Expression> open = new ArrayDeque<>();
      open.add(grammar.rules().get(order.get(i)));
      while (!open.isEmpty()) {
        switch (open.remove()) {
          case Expression.Sequence sequence -> open.addAll(sequence.parts());
          case Expression.Choice choice -> open.addAll(choice.options());
          case Expression.Repeat repeat -> {
            checkNumbers(repeat);
            open.add(repeat.body());
          }
          case Expression.Reference reference -> {
            if (!grammar.rules().containsKey(reference.rule())) {
              throw new IllegalArgumentException(
                  "the grammar has no rule '%s', which rule '%s' refers to"
                      .formatted(reference.rule(), order.get(i)));
            }
            if (seen.add(reference.rule())) {
              order.add(reference.rule());
            }
          }
          case Expression.Literal _,
              Expression.Characters _,
              Expression.Regular _,
              Expression.Until _,
              Expression.Without _,
              Expression.Anything _ -> {}
        }
      }
    }
    return order;
  }

  private static void checkNumbers(Expression.Repeat repeat) {
    boolean bounded = repeat.most() != Expression.UNBOUNDED;
    if (repeat.least() < 0 || bounded && repeat.most() < repeat.least()) {
      throw new IllegalArgumentException(
          "a repetition of %d to %d times is impossible; the least is 0, the most no less than it"
              .formatted(repeat.least(), repeat.most()));
    }
  }

  private boolean hasText(Expression expression) {
    return switch (expression) {
      case Expression.Literal _, Expression.Until _, Expression.Anything _ -> true;
      case Expression.Without without -> !without.marker().isEmpty();
      case Expression.Characters characters -> !Utf8.sequences(characters.ranges()).isEmpty();
      case Expression.Regular regular -> hasAcceptingState(regular.automaton());
      case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::hasText);
      case Expression.Choice choice -> choice.options().stream().anyMatch(this::hasText);
      case Expression.Repeat repeat -> repeat.least() == 0 || hasText(repeat.body());
      case Expression.Reference reference -> productive.contains(reference.rule());
    };
  }

  private static boolean hasAcceptingState(ByteAutomaton automaton) {
    for (int state = 0; state < automaton.states(); state++) {
      if (automaton.accepts(state)) {
        return true;
      }
    }
    return false;
  }

  /** Of an expression that has a text. */
  private Expression prune(Expression expression) {
    return switch (expression) {
      case Expression.Sequence sequence -> {
        List<Expression> parts = new ArrayList<>();
        for (Expression part : sequence.parts()) {
          append(parts, prune(part));
        }
        yield parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(parts);
      }
      case Expression.Choice choice -> {
        List<Expression> options = new ArrayList<>();
        for (Expression option : choice.options()) {
          if (hasText(option)) {
            switch (prune(option)) {
              case Expression.Choice inner -> options.addAll(inner.options());
              case Expression other -> options.add(other);
            }
          }
        }
        yield options.size() == 1 ? options.getFirst() : new Expression.Choice(options);
      }
      case Expression.Repeat repeat -> repeat(repeat);
      case Expression.Until until when until.marker().isEmpty() -> NOTHING_TO_READ;
      case Expression.Literal _,
          Expression.Characters _,
          Expression.Regular _,
          Expression.Reference _,
          Expression.Until _,
          Expression.Without _,
          Expression.Anything _ ->
          expression;
    };
  }

  private static void append(List<Expression> parts, Expression part) {
    switch (part) {
      case Expression.Sequence inner -> inner.parts().forEach(p -> append(parts, p));
      case Expression.Literal literal
          when !parts.isEmpty() && parts.getLast() instanceof Expression.Literal before ->
          parts.set(parts.size() - 1, new Expression.Literal(before.text() + literal.text()));
      case Expression other -> parts.add(other);
    }
  }

  private Expression repeat(Expression.Repeat repeat) {
    if (!hasText(repeat.body()) || repeat.most() == 0) {
      return NOTHING_TO_READ;
    }
    Expression body = prune(repeat.body());
    if (body.equals(NOTHING_TO_READ) || repeat.least() == 1 && repeat.most() == 1) {
      return body;
    }
    return new Expression.Repeat(body, repeat.least(), repeat.most());
  }

  boolean mayBeEmpty(Expression expression) {
    return switch (expression) {
      case Expression.Literal literal -> literal.text().isEmpty();
      case Expression.Characters _, Expression.Until _ -> false;
      case Expression.Without _, Expression.Anything _ -> true;
      case Expression.Regular regular -> regular.automaton().accepts(0);
      case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::mayBeEmpty);
      case Expression.Choice choice -> choice.options().stream().anyMatch(this::mayBeEmpty);
      case Expression.Repeat repeat -> repeat.least() == 0 || mayBeEmpty(repeat.body());
      case Expression.Reference reference -> nullable.contains(reference.rule());
    };
  }

  private void refuseLeftRecursion() {
    Map<String, Boolean> ended = new HashMap<>();
    for (String rule : pruned.keySet()) {
      follow(rule, ended);
    }
  }

  private void follow(String rule, Map<String, Boolean> ended) {
    Boolean known = ended.get(rule);
    if (known != null) {
      if (known) {
        return;
      }
      throw new IllegalArgumentException(
          "rule '%s' of the grammar comes back to itself before any text; begin it with some text"
              .formatted(rule));
    }
    ended.put(rule, false);
    Set<String> first = new HashSet<>();
    begins(pruned.get(rule), first);
    first.forEach(next -> follow(next, ended));
    ended.put(rule, true);
  }

  /** The rules that may be entered before any text is read. */
  private void begins(Expression expression, Set<String> rules) {
    switch (expression) {
      case Expression.Sequence sequence -> {
        for (Expression part : sequence.parts()) {
          begins(part, rules);
          if (!mayBeEmpty(part)) {
            break;
          }
        }
      }
      case Expression.Choice choice -> choice.options().forEach(o -> begins(o, rules));
      case Expression.Repeat repeat -> begins(repeat.body(), rules);
      case Expression.Reference reference -> rules.add(reference.rule());
      case Expression.Literal _,
          Expression.Characters _,
          Expression.Regular _,
          Expression.Until _,
          Expression.Without _,
          Expression.Anything _ -> {}
    }
  }
}
