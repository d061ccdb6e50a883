package platform.deepseek.inference.grammar.regular;

/** A pattern that is malformed, or that uses what no regular language can express. */
public final class PatternException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final boolean malformed;

  private PatternException(String message, boolean malformed) {
    super(message);
    this.malformed = malformed;
  }

  static PatternException malformed(String sentence, int position) {
    return new PatternException("%s at character %d".formatted(sentence, position + 1), true);
  }

  static PatternException unsupported(String sentence, int position) {
    return new PatternException("%s at character %d".formatted(sentence, position + 1), false);
  }

  /** Whether no reader of patterns would take it; else it is only not supported here. */
  public boolean malformed() {
    return malformed;
  }
}
