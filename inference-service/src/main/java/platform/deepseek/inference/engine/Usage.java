package platform.deepseek.inference.engine;

/**
 * Tokens of one sequence.
 *
 * @param cachedTokens tokens of the prompt that were not computed for this sequence. Of choices
 *     with one prompt the first computes it and the others find it, so what a request saved through
 *     earlier ones is what its first choice says.
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {}
