package platform.deepseek.inference.sampling;

/**
 * What one sequence may say, token by token: a grammar on its way. Used by the engine's one thread.
 */
public interface TokenConstraint {

  /**
   * The tokens that may come next, valid until the next {@link #accept}. At least one is allowed;
   * where nothing more may be said, the tokens that end the sequence. Null allows every token.
   */
  LogitMask mask();

  /**
   * A token was chosen. Tokens that end the sequence are not told.
   *
   * @throws IllegalArgumentException the mask did not allow it
   */
  void accept(int token);
}
