package platform.deepseek.inference.api.stream;

/**
 * The usage of a request over all its choices. A prompt counts once however many choices it has.
 *
 * @param cached of the prompt's tokens
 * @param reasoning of the completion's tokens
 */
public record TokenCount(int prompt, int cached, int completion, int reasoning) {}
