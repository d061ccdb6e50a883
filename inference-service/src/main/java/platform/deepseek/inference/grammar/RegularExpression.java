package platform.deepseek.inference.grammar;

import java.util.List;
import java.util.Optional;

/**
 * Expressions that are small and regular, as automata: sets of characters, and what is repeated if
 * it is as simple as a character with its escapes. Larger ones would be automata of their own in
 * each grammar, and the vocabulary is classified once per automaton.
 */
final class RegularExpression {

  private static final int MOST_SIZE = 400;
  private static final int MOST_STATES = 4_000;
  private static final int TOO_LARGE = 1_000_000;

  private final NondeterministicAutomaton states = new NondeterministicAutomaton();

  private RegularExpression() {}

  /** Empty where the expression is not regular, or too large to be worth a table. */
  static Optional<Automaton> automaton(Expression expression) {
    if (size(expression) > MOST_SIZE) {
      return Optional.empty();
    }
    RegularExpression regular = new RegularExpression();
    int end = regular.add(expression, 0);
    return regular.states.deterministic(end, MOST_STATES);
  }

  /** About how many states it takes, where a set of characters is taken for a small one. */
  private static int size(Expression expression) {
    return switch (expression) {
      case Expression.Literal literal -> 4 * literal.text().length();
      case Expression.Characters _ -> 16;
      case Expression.Sequence sequence -> size(sequence.parts());
      case Expression.Choice choice -> size(choice.options());
      case Expression.Repeat repeat -> {
        long times = repeat.most() == Expression.UNBOUNDED ? TOO_LARGE : repeat.most();
        yield (int) Math.min(TOO_LARGE, times * (size(repeat.body()) + 2));
      }
      case Expression.Regular regular -> regular.automaton().states();
      case Expression.Reference reference -> TOO_LARGE;
      case Expression.Until until -> TOO_LARGE;
      case Expression.Without without -> TOO_LARGE;
      case Expression.Anything anything -> TOO_LARGE;
    };
  }

  private static int size(List<Expression> expressions) {
    long size = 2;
    for (Expression expression : expressions) {
      size += size(expression);
    }
    return (int) Math.min(TOO_LARGE, size);
  }

  /** Adds the states of the expression after the given one. */
  private int add(Expression expression, int from) {
    return switch (expression) {
      case Expression.Literal literal -> {
        int at = from;
        for (byte value : Utf8.encode(literal.text())) {
          int to = states.state();
          states.edge(at, value & 0xff, value & 0xff, to);
          at = to;
        }
        yield at;
      }
      case Expression.Characters characters -> characters(characters, from);
      case Expression.Sequence sequence -> {
        int at = from;
        for (Expression part : sequence.parts()) {
          at = add(part, at);
        }
        yield at;
      }
      case Expression.Choice choice -> {
        int to = states.state();
        for (Expression option : choice.options()) {
          int begin = states.state();
          states.silent(from, begin);
          states.silent(add(option, begin), to);
        }
        yield to;
      }
      case Expression.Repeat repeat -> repeat(repeat, from);
      case Expression.Regular regular -> regular(regular.automaton(), from);
      case Expression.Reference _,
          Expression.Until _,
          Expression.Without _,
          Expression.Anything _ ->
          throw new IllegalStateException("not regular: " + expression);
    };
  }

  private int characters(Expression.Characters characters, int from) {
    int to = states.state();
    for (int[] sequence : Utf8.sequences(characters.ranges())) {
      int at = from;
      for (int i = 0; i < sequence.length; i += 2) {
        int step = i + 2 == sequence.length ? to : states.state();
        states.edge(at, sequence[i], sequence[i + 1], step);
        at = step;
      }
    }
    return to;
  }

  private int repeat(Expression.Repeat repeat, int from) {
    int at = from;
    for (int i = 0; i < repeat.least(); i++) {
      at = add(repeat.body(), at);
    }
    int to = states.state();
    for (int i = repeat.least(); i < repeat.most(); i++) {
      states.silent(at, to);
      at = add(repeat.body(), at);
    }
    states.silent(at, to);
    return to;
  }

  private int regular(ByteAutomaton automaton, int from) {
    int[] numbers = new int[automaton.states()];
    for (int s = 0; s < numbers.length; s++) {
      numbers[s] = states.state();
    }
    int to = states.state();
    states.silent(from, numbers[0]);
    for (int s = 0; s < numbers.length; s++) {
      for (int value = 0; value < 256; value++) {
        int next = automaton.next(s, value);
        if (next != ByteAutomaton.NOWHERE) {
          states.edge(numbers[s], value, value, numbers[next]);
        }
      }
      if (automaton.accepts(s)) {
        states.silent(numbers[s], to);
      }
    }
    return to;
  }
}
