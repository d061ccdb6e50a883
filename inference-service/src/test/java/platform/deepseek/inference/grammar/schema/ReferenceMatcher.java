package platform.deepseek.inference.grammar.schema;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.grammar.ByteAutomaton;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Grammar;

/** Whether a text follows a grammar, found by trying every way: slow, and easy to believe. */
final class ReferenceMatcher {

  private record Call(String rule, int position) {}

  private final Grammar grammar;
  private final byte[] text;
  private final Map<Call, BitSet> ends = new HashMap<>();

  private ReferenceMatcher(Grammar grammar, String text) {
    this.grammar = grammar;
    this.text = text.getBytes(StandardCharsets.UTF_8);
  }

  static boolean accepts(Grammar grammar, String text) {
    var matcher = new ReferenceMatcher(grammar, text);
    return matcher.rule(grammar.root(), 0).get(matcher.text.length);
  }

  private BitSet rule(String name, int from) {
    var call = new Call(name, from);
    var known = ends.get(call);
    if (known == null) {
      known = ends(grammar.rules().get(name), from);
      ends.put(call, known);
    }
    return known;
  }

  /** Where a match that starts at a position may end. */
  private BitSet ends(Expression expression, int from) {
    return switch (expression) {
      case Expression.Literal(String literal) -> literal(literal, from);
      case Expression.Sequence(List<Expression> parts) -> {
        var reached = only(from);
        for (var part : parts) {
          reached = behind(part, reached);
        }
        yield reached;
      }
      case Expression.Choice(List<Expression> options) -> {
        var reached = new BitSet();
        options.forEach(option -> reached.or(ends(option, from)));
        yield reached;
      }
      case Expression.Repeat(Expression body, int least, int most) ->
          repeat(body, least, most, from);
      case Expression.Reference(String rule) -> rule(rule, from);
      case Expression.Regular(ByteAutomaton automaton) -> regular(automaton, from);
      case Expression.Characters _,
          Expression.Until _,
          Expression.Without _,
          Expression.Anything _ ->
          throw new AssertionError("grammars of schemas have no " + expression);
    };
  }

  private BitSet behind(Expression expression, BitSet starts) {
    var reached = new BitSet();
    starts.stream().forEach(start -> reached.or(ends(expression, start)));
    return reached;
  }

  private BitSet repeat(Expression body, int least, int most, int from) {
    var results = new BitSet();
    var reached = only(from);
    for (int count = 0; !reached.isEmpty() && (most < 0 || count <= most); count++) {
      if (count >= least) {
        int before = results.cardinality();
        results.or(reached);
        if (results.cardinality() == before && count > text.length) {
          break;
        }
      }
      reached = behind(body, reached);
    }
    return results;
  }

  private BitSet literal(String literal, int from) {
    byte[] bytes = literal.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (from + i >= text.length || text[from + i] != bytes[i]) {
        return new BitSet();
      }
    }
    return only(from + bytes.length);
  }

  private BitSet regular(ByteAutomaton automaton, int from) {
    var reached = new BitSet();
    int state = 0;
    int at = from;
    while (state != ByteAutomaton.NOWHERE) {
      if (automaton.accepts(state)) {
        reached.set(at);
      }
      state = at < text.length ? automaton.next(state, text[at++] & 0xFF) : ByteAutomaton.NOWHERE;
    }
    return reached;
  }

  private static BitSet only(int position) {
    var set = new BitSet();
    set.set(position);
    return set;
  }
}
