package platform.deepseek.auth.usage;

/**
 * The tokens of one request.
 *
 * @param cachedTokens those of the prompt that were not computed again; at most promptTokens
 */
public record Consumption(long promptTokens, long cachedTokens, long completionTokens) {

  /** More than any request can have. */
  public static final long MOST_TOKENS = 100_000_000;

  public static final Consumption NOTHING = new Consumption(0, 0, 0);

  public Consumption {
    if (promptTokens < 0
        || promptTokens > MOST_TOKENS
        || cachedTokens < 0
        || cachedTokens > promptTokens
        || completionTokens < 0
        || completionTokens > MOST_TOKENS) {
      throw new IllegalArgumentException(
          ("%d prompt tokens, %d of them cached, and %d completion tokens: each is from 0 to %d, and"
                  + " no more are cached than the prompt has")
              .formatted(promptTokens, cachedTokens, completionTokens, MOST_TOKENS));
    }
  }
}
