package platform.deepseek.inference.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.grammar.Node.Call;
import platform.deepseek.inference.grammar.Node.End;
import platform.deepseek.inference.grammar.Node.Fork;
import platform.deepseek.inference.grammar.Node.Loop;
import platform.deepseek.inference.grammar.Node.Rule;
import platform.deepseek.inference.grammar.Node.Terminal;

/** Makes nodes of expressions, from the last to the first: each is told what follows it. */
final class GrammarCompiler {

  private final RuleAnalysis analysis;
  private final TokenClasses classes;
  private final Map<String, Rule> rules = new HashMap<>();
  private final Map<Expression, Optional<Automaton>> automata = new HashMap<>();
  private final List<Terminal> terminals = new ArrayList<>();

  GrammarCompiler(RuleAnalysis analysis, TokenClasses classes) {
    this.analysis = analysis;
    this.classes = classes;
  }

  Rule compile(String root) {
    analysis.rules().keySet().forEach(name -> rules.put(name, new Rule()));
    analysis.rules().forEach((name, text) -> rules.get(name).entry = node(text, End.END));
    return rules.get(root);
  }

  /** All terminals that have been made. */
  List<Terminal> terminals() {
    return terminals;
  }

  private Node node(Expression expression, Node next) {
    return switch (expression) {
      case Expression.Literal literal ->
          literal.text().isEmpty() ? next : texts(List.of(literal), next);
      case Expression.Sequence sequence -> {
        Node node = next;
        for (Expression part : sequence.parts().reversed()) {
          node = node(part, node);
        }
        yield node;
      }
      case Expression.Choice choice -> choice(choice, next);
      case Expression.Repeat repeat -> repeat(repeat, next);
      case Expression.Reference reference -> new Call(rules.get(reference.rule()), next);
      case Expression.Characters characters ->
          once(regular(characters).orElseThrow(() -> tooLarge(characters)), next);
      case Expression.Regular regular -> once(Automaton.of(regular.automaton()), next);
      case Expression.Anything _ -> once(MarkerAutomaton.anything(), next);
      case Expression.Without without ->
          once(MarkerAutomaton.without(Utf8.encode(without.marker())), next);
      case Expression.Until until -> {
        byte[] marker = Utf8.encode(until.marker());
        yield added(
            Terminal.closable(
                MarkerAutomaton.until(marker), MarkerAutomaton.closing(marker), next, classes));
      }
    };
  }

  /** Many literals in a choice (an enum) are one trie. */
  private Node choice(Expression.Choice choice, Node next) {
    List<Expression.Literal> literals = new ArrayList<>();
    List<Node> options = new ArrayList<>();
    boolean empty = false;
    for (Expression option : choice.options()) {
      if (option instanceof Expression.Literal literal) {
        if (literal.text().isEmpty()) {
          empty = true;
        } else {
          literals.add(literal);
        }
      } else {
        options.add(node(option, next));
      }
    }
    if (!literals.isEmpty()) {
      options.add(texts(literals, next));
    }
    if (empty) {
      options.add(next);
    }
    return options.size() == 1 ? options.getFirst() : new Fork(options.toArray(Node[]::new));
  }

  private Node repeat(Expression.Repeat repeat, Node next) {
    if (repeat.least() == 0 && repeat.most() == 1) {
      return new Fork(node(repeat.body(), next), next);
    }
    Optional<Automaton> turn = regular(repeat.body());
    if (turn.isPresent() && turn.get().isPrefixFree()) {
      return added(Terminal.repeated(turn.get(), repeat.least(), repeat.most(), next, classes));
    }
    // Turns without text would do for the least number of turns, and are dropped on the way.
    int least = analysis.mayBeEmpty(repeat.body()) ? 0 : repeat.least();
    Loop loop = new Loop(least, repeat.most(), next);
    loop.body = node(repeat.body(), End.END);
    return loop;
  }

  private Optional<Automaton> regular(Expression expression) {
    return automata.computeIfAbsent(expression, RegularExpression::automaton);
  }

  private Node texts(List<Expression.Literal> literals, Node next) {
    return once(
        Automaton.ofTexts(literals.stream().map(l -> Utf8.encode(l.text())).toList()), next);
  }

  private Terminal once(Automaton automaton, Node next) {
    return added(Terminal.once(automaton, next, classes));
  }

  private Terminal added(Terminal terminal) {
    terminals.add(terminal);
    return terminal;
  }

  private static IllegalArgumentException tooLarge(Expression.Characters characters) {
    return new IllegalArgumentException(
        "a set of characters has %d ranges, too many for one automaton; join those that touch"
            .formatted(characters.ranges().size()));
  }
}
