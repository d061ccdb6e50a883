package platform.deepseek.inference.grammar;

import java.util.List;
import java.util.function.Consumer;

/** What a text must look like: the right side of a rule of a {@link Grammar}. */
public sealed interface Expression {

  /** No bound on the number of repetitions. */
  int UNBOUNDED = -1;

  /** Hands on its automata; one that stands in several places, once for each. */
  default void forEachAutomaton(Consumer<ByteAutomaton> action) {
    switch (this) {
      case Sequence sequence -> sequence.parts().forEach(part -> part.forEachAutomaton(action));
      case Choice choice -> choice.options().forEach(option -> option.forEachAutomaton(action));
      case Repeat repeat -> repeat.body().forEachAutomaton(action);
      case Regular regular -> action.accept(regular.automaton());
      case Reference _, Literal _, Characters _, Until _, Without _, Anything _ -> {}
    }
  }

  /** Exactly this text; the empty text is allowed. */
  record Literal(String text) implements Expression {}

  /**
   * One character of a set of code points, surrogates excluded.
   *
   * @param ranges sorted, without overlap
   */
  record Characters(List<Range> ranges) implements Expression {
    public Characters {
      ranges = List.copyOf(ranges);
    }
  }

  /** Code points from first to last, both included. */
  record Range(int first, int last) {}

  record Sequence(List<Expression> parts) implements Expression {
    public Sequence {
      parts = List.copyOf(parts);
    }

    public static Sequence of(Expression... parts) {
      return new Sequence(List.of(parts));
    }
  }

  record Choice(List<Expression> options) implements Expression {
    public Choice {
      options = List.copyOf(options);
    }

    public static Choice of(Expression... options) {
      return new Choice(List.of(options));
    }
  }

  /**
   * @param least repetitions, 0 and more
   * @param most repetitions, or UNBOUNDED
   */
  record Repeat(Expression body, int least, int most) implements Expression {}

  /** The text of another rule, which may be this one. */
  record Reference(String rule) implements Expression {}

  /** A text of a regular language, as a deterministic automaton over its UTF-8 bytes. */
  record Regular(ByteAutomaton automaton) implements Expression {}

  /** Any text whose first occurrence of the marker is its end. */
  record Until(String marker) implements Expression {}

  /** Any text, the empty one too, in which the marker does not occur. */
  record Without(String marker) implements Expression {}

  /** Any text, the empty one too. */
  record Anything() implements Expression {}
}
