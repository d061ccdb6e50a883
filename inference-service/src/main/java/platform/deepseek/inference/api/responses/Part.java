package platform.deepseek.inference.api.responses;

import java.util.List;
import java.util.Locale;
import platform.deepseek.inference.api.stream.ScoredToken;

/**
 * A piece of text inside an item.
 *
 * @param scores of the tokens of an answer's text, where they were asked for
 */
record Part(Type type, String text, List<ScoredToken> scores) {

  /** The names are OpenAI's. */
  enum Type {
    INPUT_TEXT,
    OUTPUT_TEXT,
    REFUSAL,
    REASONING_TEXT,
    SUMMARY_TEXT;

    final String code = name().toLowerCase(Locale.ROOT);
  }

  Part {
    scores = List.copyOf(scores);
  }

  static Part of(Type type, String text) {
    return new Part(type, text, List.of());
  }

  /** Bytes of memory, estimated from above. */
  long size() {
    long alternatives = scores.stream().mapToLong(score -> 1 + score.sample().top().size()).sum();
    return 64 + 2L * text.length() + 64 * alternatives;
  }
}
