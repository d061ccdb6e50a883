package platform.deepseek.cache.key;

/**
 * What makes an answer besides the request. Names do not: two of the same weights share.
 *
 * @param weights digest of the weights
 * @param tokenizer digest of the tokenizer
 * @param template digest of the chat template
 * @param engine build and precision
 */
public record ModelIdentity(String weights, String tokenizer, String template, String engine) {}
