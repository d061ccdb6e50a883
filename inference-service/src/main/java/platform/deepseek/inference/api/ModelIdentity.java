package platform.deepseek.inference.api;

/**
 * What makes the answers of a model, part by part: where one differs, so may they. Each is the same
 * on every machine that serves the same.
 *
 * @param weights digest of the model's files
 * @param tokenizer digest of its tokens
 * @param template digest of its chat template
 * @param engine build and precision of what computes
 */
public record ModelIdentity(String weights, String tokenizer, String template, String engine) {}
