package platform.deepseek.inference.engine;

import java.util.List;
import platform.deepseek.inference.sampling.Sample;

/**
 * What a step brought, one result per entry in the entries' order.
 *
 * @param results one per entry
 */
public record StepOutput(List<Result> results) {

  /**
   * @param samples the next token, and after it the one behind each token of the draft for as long
   *     as the draft is what was chosen; empty when the entry did not ask for any
   * @param scores for a scored entry: for each computed position p whose next token is known, the
   *     known next token with its log-probability and the likeliest alternatives; empty otherwise
   * @param hiddenSum for an entry that embeds: the sum over all positions of the sequence up to the
   *     entry's last of their hidden states after the final norm, added in the order of the
   *     positions; null otherwise
   */
  public record Result(List<Sample> samples, List<Sample> scores, double[] hiddenSum) {

    public Result {
      samples = List.copyOf(samples);
    }

    /** With one sample at most, which may be null. */
    public Result(Sample sample, List<Sample> scores, double[] hiddenSum) {
      this(sample == null ? List.of() : List.of(sample), scores, hiddenSum);
    }

    /** Without hidden states. */
    public Result(Sample sample, List<Sample> scores) {
      this(sample, scores, null);
    }

    /** The first sample, or null. */
    public Sample sample() {
      return samples.isEmpty() ? null : samples.getFirst();
    }
  }
}
