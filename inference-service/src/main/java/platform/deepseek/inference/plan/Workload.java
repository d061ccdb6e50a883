package platform.deepseek.inference.plan;

/**
 * What a deployment has to do at once.
 *
 * @param batch sequences that are decoded together
 * @param context tokens of each, prompt and answer
 * @param tokensPerStep tokens of one step at most, prompts included
 */
public record Workload(int batch, int context, int tokensPerStep) {

  public Workload {
    if (batch < 1 || context < 1 || tokensPerStep < 1) {
      throw new IllegalArgumentException(
          "BATCH, CONTEXT and TOKENS_PER_STEP must be at least 1, they are %d, %d, %d"
              .formatted(batch, context, tokensPerStep));
    }
  }

  /** Tokens that the cache holds. */
  long tokens() {
    return (long) batch * context;
  }
}
