package platform.deepseek.inference.sampling;

import java.util.Map;

/**
 * How the next token is chosen, already validated.
 *
 * @param temperature 0 is greedy: the largest logit, the smaller id on a tie
 * @param topK keep the k largest logits; 0 keeps all
 * @param topP keep the smallest set whose probability reaches p; 1 keeps all
 * @param minP keep tokens at least minP times as likely as the likeliest; 0 keeps all
 * @param presencePenalty subtracted once from every token already generated (OpenAI)
 * @param frequencyPenalty subtracted per occurrence among the generated tokens (OpenAI)
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens of the prompt
 *     and the answer (CTRL, arXiv 1909.05858); 1 is off
 * @param logitBias token id to a number added to its logit
 * @param seed the randomness is a function of this and the position alone
 * @param topLogprobs -1: no log-probabilities asked; 0 and more: the chosen token's and so many
 *     alternatives
 */
public record SamplingParams(
    float temperature,
    int topK,
    float topP,
    float minP,
    float presencePenalty,
    float frequencyPenalty,
    float repetitionPenalty,
    Map<Integer, Float> logitBias,
    long seed,
    int topLogprobs) {

  public static final SamplingParams GREEDY =
      new SamplingParams(0, 0, 1, 0, 0, 0, 1, Map.of(), 0, -1);

  public SamplingParams {
    logitBias = Map.copyOf(logitBias);
  }
}
