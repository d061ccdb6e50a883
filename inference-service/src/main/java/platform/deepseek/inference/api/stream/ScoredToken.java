package platform.deepseek.inference.api.stream;

import platform.deepseek.inference.sampling.Sample;

/**
 * A token with its log-probabilities and its place.
 *
 * @param sample for the first token of an echoed prompt, which nothing predicts, the
 *     log-probability is NaN
 * @param offset characters of the text in front of it
 */
public record ScoredToken(Sample sample, int offset) {}
