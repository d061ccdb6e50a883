package platform.deepseek.inference.sampling;

/** Which tokens may come next: a set of bits over the vocabulary. */
public interface LogitMask {

  /**
   * Sixty-four tokens at a time.
   *
   * @param word 0 and up; bit b of the answer allows token 64 * word + b
   */
  long word(int word);

  default boolean allows(int token) {
    return (word(token >> 6) >>> token & 1) != 0;
  }
}
