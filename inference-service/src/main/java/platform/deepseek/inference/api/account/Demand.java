package platform.deepseek.inference.api.account;

/**
 * What a request wants of a model.
 *
 * @param promptTokens of all its prompts
 * @param maxTokens it may generate, over all its choices
 * @param userId of the client's own user, or empty
 */
public record Demand(String model, long promptTokens, long maxTokens, String userId) {}
