package platform.deepseek.inference.engine;

import java.util.Optional;
import platform.deepseek.inference.sampling.LogitMask;

/**
 * The tokens that one sequence may say next, read word by word out of its constraint before the
 * step: a constraint that is broken shows itself here, where it ends its own sequence, and not in
 * the middle of a step with others.
 */
final class AllowedTokens implements LogitMask {
  private final long[] words;
  private final long lastWord;

  AllowedTokens(int vocabulary) {
    words = new long[Math.ceilDiv(vocabulary, Long.SIZE)];
    lastWord = -1L >>> -vocabulary;
  }

  /**
   * Takes over what a constraint allows now.
   *
   * @throws IllegalStateException it allows no token of the vocabulary
   */
  Optional<LogitMask> take(LogitMask mask) {
    if (mask == null) {
      return Optional.empty();
    }
    long any = 0;
    for (int i = 0; i < words.length; i++) {
      words[i] = i == words.length - 1 ? mask.word(i) & lastWord : mask.word(i);
      any |= words[i];
    }
    if (any == 0) {
      throw new IllegalStateException("no token is allowed");
    }
    return Optional.of(this);
  }

  @Override
  public long word(int word) {
    return words[word];
  }
}
