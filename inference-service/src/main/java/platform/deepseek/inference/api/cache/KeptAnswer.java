package platform.deepseek.inference.api.cache;

/**
 * An answer that ended by itself, without calls of tools.
 *
 * @param promptTokens of the request that was computed
 * @param cachedTokens of these, those whose prefix was known then
 * @param completionTokens generated
 * @param reasoningTokens of these
 * @param computeMillis that it took
 * @param reasoning null when the model did not reason
 * @param stopString that ended it, or null
 */
record KeptAnswer(
    int promptTokens,
    int cachedTokens,
    int completionTokens,
    int reasoningTokens,
    long computeMillis,
    String reasoning,
    String content,
    String stopString) {}
