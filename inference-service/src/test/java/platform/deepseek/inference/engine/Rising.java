package platform.deepseek.inference.engine;

import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.TokenConstraint;

/**
 * Tokens in rounds: each is larger than the one before it and at most {@link #WIDEST} larger, and
 * past the end of the vocabulary it begins again. What comes next depends on every token so far.
 */
class Rising implements TokenConstraint {
  static final int WIDEST = 5;

  private int latest;

  @Override
  public LogitMask mask() {
    return allowed();
  }

  private LogitMask allowed() {
    int from = latest + 1;
    return word -> {
      long bits = 0;
      for (int token = from; token < from + WIDEST; token++) {
        int allowed = token % FakeRunner.VOCABULARY;
        bits |= allowed >> 6 == word ? 1L << allowed : 0;
      }
      return bits;
    };
  }

  @Override
  public void accept(int token) {
    if (!allowed().allows(token)) {
      throw new IllegalArgumentException(token + " does not follow " + latest);
    }
    latest = token;
  }
}
