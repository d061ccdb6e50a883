package platform.deepseek.auth.usage;

/**
 * What a million tokens of a model cost, in millionths of the currency: whole numbers, so that no
 * cent is lost to rounding on the way. One rounding is left, up to the next millionth, when a
 * request is charged.
 */
public record Price(long prompt, long cached, long completion) {

  public static final Price FREE = new Price(0, 0, 0);

  /** A million tokens for a thousand of the currency. */
  public static final long LARGEST = 1_000_000_000;

  private static final long MILLION = 1_000_000;

  public Price {
    if (Math.min(prompt, Math.min(cached, completion)) < 0
        || Math.max(prompt, Math.max(cached, completion)) > LARGEST) {
      throw new IllegalArgumentException(
          "prices are from 0 to %d millionths for a million tokens, not %d, %d and %d"
              .formatted(LARGEST, prompt, cached, completion));
    }
    if (cached > prompt) {
      throw new IllegalArgumentException(
          "a cached prompt costs no more than a computed one, and %d is more than %d"
              .formatted(cached, prompt));
    }
  }

  /** What a request is charged for what it used. */
  public Charge charge(Consumption used, Outcome outcome) {
    return switch (outcome) {
      case COMPLETED, CANCELLED ->
          new Charge(
              used.promptTokens() + used.completionTokens(),
              money(
                  used.promptTokens() - used.cachedTokens(),
                  used.cachedTokens(),
                  used.completionTokens()));
      case FAILED -> Charge.NOTHING;
      case CACHE_HIT -> new Charge(0, money(0, used.promptTokens(), 0));
    };
  }

  /** What the prompt alone can cost at most. */
  public long ofPrompt(long tokens) {
    return money(tokens, 0, 0);
  }

  /** What so many generated tokens cost. */
  public long ofCompletion(long tokens) {
    return money(0, 0, tokens);
  }

  /** How many generated tokens so much money pays for, and no more than are asked for. */
  public long completionsFor(long money, long asked) {
    return money >= ofCompletion(asked) ? asked : money * MILLION / completion;
  }

  private long money(long promptTokens, long cachedTokens, long completionTokens) {
    long exact =
        Math.addExact(
            Math.addExact(
                Math.multiplyExact(promptTokens, prompt), Math.multiplyExact(cachedTokens, cached)),
            Math.multiplyExact(completionTokens, completion));
    return Math.ceilDiv(exact, MILLION);
  }
}
