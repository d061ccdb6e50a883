package platform.deepseek.inference.grammar;

import platform.deepseek.inference.grammar.Node.Terminal;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.TokenConstraint;

/** One text on its way through a grammar. */
public final class GrammarConstraint implements TokenConstraint {

  private final CompiledGrammar grammar;
  private Configuration at;

  /** Where the text up to a marker is read that is limited in length; null when that is over. */
  private Terminal opening;

  /** Tokens left for that text; when none is, the marker alone is ahead. */
  private int budget;

  GrammarConstraint(CompiledGrammar grammar, int budget, boolean limited) {
    this.grammar = grammar;
    this.at = grammar.begin();
    if (limited) {
      opening = at.positions().length == 1 ? at.positions()[0].terminal() : null;
      if (opening == null || opening.closing == null || budget < 0) {
        throw new IllegalArgumentException(
            "a budget of %d tokens needs a grammar that begins with text up to a marker"
                .formatted(budget));
      }
      this.budget = budget;
      closeInTime();
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException the vocabulary has no token for the bytes that must come next
   * @throws AmbiguousGrammarException there are too many ways to read the text
   */
  @Override
  public LogitMask mask() {
    TokenMask mask = at.mask();
    if (mask.isEmpty()) {
      throw new IllegalStateException(
          "no token of the vocabulary begins with a byte that the grammar allows here;"
              + " a vocabulary needs a token for every byte");
    }
    return mask;
  }

  @Override
  public void accept(int token) {
    byte[] text = grammar.vocabulary().text(token);
    Configuration next = at;
    for (int i = 0; i < text.length && !next.isDead(); i++) {
      next = next.next(text[i] & 0xff);
    }
    if (text.length == 0 || next.isDead()) {
      throw new IllegalArgumentException(
          "token %d is not allowed here: choose one of the mask's".formatted(token));
    }
    at = grammar.current(next);
    if (opening != null) {
      budget = Math.max(0, budget - 1);
      closeInTime();
    }
  }

  /** The text so far is whole: it may end here, and may go on where more is allowed. */
  public boolean mayEnd() {
    return at.accepting();
  }

  /** The text that {@link CompiledGrammar#start(int)} limits has not ended with its marker yet. */
  boolean isOpening() {
    return opening != null;
  }

  private void closeInTime() {
    Terminal reading = at.positions().length == 1 ? at.positions()[0].terminal() : null;
    if (reading == opening && budget == 0) {
      at = at.space().closing(at);
    } else if (reading != opening && reading != opening.closing) {
      opening = null;
    }
  }
}
