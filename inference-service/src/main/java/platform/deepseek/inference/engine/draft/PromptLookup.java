package platform.deepseek.inference.engine.draft;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.kv.HashedTokens;

/**
 * Guesses that what has been said goes on as it did before (Saxena 2023, prompt lookup decoding):
 * where the latest tokens stood once before, what followed them there. That is often right where an
 * answer takes up its prompt: summaries, corrections, code, quotations.
 */
final class PromptLookup {

  /** So many tokens must have stood there before: as many as possible of these. */
  private static final int LONGEST = 3;

  private static final int SHORTEST = 2;

  private final HashedTokens text;

  PromptLookup(HashedTokens text) {
    this.text = text;
  }

  /** The next tokens, {@code most} of them or none. */
  List<Integer> ahead(int most) {
    for (int count = LONGEST; count >= SHORTEST; count--) {
      int place = text.latestRepeat(count);
      if (place >= 0) {
        return from(place + count, most);
      }
    }
    return List.of();
  }

  /** At the end of the text it reads on in what it has guessed, as a repetition goes on. */
  private List<Integer> from(int place, int most) {
    List<Integer> tokens = new ArrayList<>();
    for (int i = place; tokens.size() < most; i++) {
      tokens.add(i < text.length() ? text.get(i) : tokens.get(i - text.length()));
    }
    return tokens;
  }
}
