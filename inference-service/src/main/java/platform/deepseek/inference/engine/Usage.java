package platform.deepseek.inference.engine;

/** Tokens of a request; {@code cachedTokens} of the prompt were not computed again. */
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {}
