package platform.deepseek.inference.api.generation;

import java.util.List;
import platform.deepseek.inference.sampling.SamplingParams;

/**
 * How answers are generated, whatever their prompt.
 *
 * @param sampling of the first choice
 * @param choices answers per prompt
 * @param stop strings that end the answer and are not part of it
 * @param ignoreEndOfSequence only max_tokens ends the answer
 * @param cacheSalt whose prefixes are shared
 */
public record GenerationSettings(
    SamplingParams sampling,
    int choices,
    List<String> stop,
    boolean ignoreEndOfSequence,
    String cacheSalt) {

  public static final int MAX_CHOICES = 128;

  public GenerationSettings {
    stop = List.copyOf(stop);
  }

  /** The same with log-probabilities, which tell how likely an answer is. */
  public GenerationSettings ranked() {
    if (scored()) {
      return this;
    }
    SamplingParams scored =
        new SamplingParams(
            sampling.temperature(),
            sampling.topK(),
            sampling.topP(),
            sampling.minP(),
            sampling.presencePenalty(),
            sampling.frequencyPenalty(),
            sampling.repetitionPenalty(),
            sampling.logitBias(),
            sampling.seed(),
            0);
    return new GenerationSettings(scored, choices, stop, ignoreEndOfSequence, cacheSalt);
  }

  public boolean scored() {
    return sampling.topLogprobs() >= 0;
  }

  /** Sampling of a choice: the same but for the seed, so that choices differ reproducibly. */
  SamplingParams sampling(int choice) {
    if (choice == 0) {
      return sampling;
    }
    long mixed = sampling.seed() + choice * 0x9E3779B97F4A7C15L; // the step of SplitMix64
    return new SamplingParams(
        sampling.temperature(),
        sampling.topK(),
        sampling.topP(),
        sampling.minP(),
        sampling.presencePenalty(),
        sampling.frequencyPenalty(),
        sampling.repetitionPenalty(),
        sampling.logitBias(),
        mixed,
        sampling.topLogprobs());
  }
}
