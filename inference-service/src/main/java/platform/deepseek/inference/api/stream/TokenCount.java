package platform.deepseek.inference.api.stream;

/**
 * The usage of a request over all its choices. A prompt counts once however many choices it has.
 */
public record TokenCount(int prompt, int cached, int completion) {}
