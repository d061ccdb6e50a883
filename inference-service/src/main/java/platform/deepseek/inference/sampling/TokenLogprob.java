package platform.deepseek.inference.sampling;

/** A token and the natural logarithm of its probability. */
public record TokenLogprob(int token, float logprob) {}
