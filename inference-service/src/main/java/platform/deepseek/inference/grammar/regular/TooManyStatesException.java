package platform.deepseek.inference.grammar.regular;

/** A regular language needs an automaton that is larger than the limit. */
public final class TooManyStatesException extends RuntimeException {

  private static final long serialVersionUID = 1;

  TooManyStatesException(String what, long limit) {
    super("its automaton needs more than %,d %s".formatted(limit, what));
  }
}
