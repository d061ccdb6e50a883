package platform.deepseek.auth.limit;

import java.util.List;
import platform.deepseek.auth.usage.Price;

/**
 * What a request asks to pass.
 *
 * @param reservation name of what is taken for it, never used before
 * @param bounds all that it has to pass, the platform's first
 * @param promptTokens of all its prompts
 * @param maxTokens that it may generate
 * @param holds whether tokens, money and a place are reserved until it is settled; otherwise it is
 *     only counted as a request
 */
public record Demand(
    String reservation,
    List<Bound> bounds,
    long promptTokens,
    long maxTokens,
    Price price,
    boolean holds) {

  /** So that tokens times price stays below 2^53. */
  public static final long MOST_TOKENS = 9_000_000;

  public Demand {
    bounds = List.copyOf(bounds);
    if (promptTokens < 0
        || maxTokens < 0
        || promptTokens > MOST_TOKENS
        || maxTokens > MOST_TOKENS) {
      throw new IllegalArgumentException(
          "a request has from 0 to %d tokens, not %d in its prompt and %d to generate"
              .formatted(MOST_TOKENS, promptTokens, maxTokens));
    }
  }

  static Demand counted(String reservation, List<Bound> bounds) {
    return new Demand(reservation, bounds, 0, 0, Price.FREE, false);
  }
}
