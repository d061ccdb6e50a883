package platform.deepseek.inference.sampling;

/**
 * What one sequence may say, token by token: a grammar on its way. Used by the engine's one thread.
 */
public interface TokenConstraint {

  /**
   * Goes on finding out what may come next. Who is told false asks again, with new work; the others
   * of its step do not wait for it.
   *
   * @param work how much may be done now
   * @return whether {@link #mask} is known
   * @throws ConstraintTooCostlyException it takes more than one request may have
   */
  default boolean prepare(Work work) {
    return true;
  }

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
