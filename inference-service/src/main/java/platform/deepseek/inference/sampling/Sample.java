package platform.deepseek.inference.sampling;

import java.util.List;

/**
 * A chosen token. {@code logprob} is of the model's own distribution (before temperature, penalties
 * and masks) and NaN when none was asked; {@code top} are the likeliest tokens of the same
 * distribution, best first.
 */
public record Sample(int token, float logprob, List<TokenLogprob> top) {}
