package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.Set;
import platform.deepseek.inference.sampling.SamplingParams;

/**
 * A request that is already valid: prompt not empty, prompt + maxTokens within the context.
 *
 * @param prompt token ids
 * @param maxTokens tokens to generate at most; 0 only scores the prompt
 * @param stopTokens ids that end the sequence (they are not part of the answer)
 * @param cacheSalt prefixes are shared only among requests with the same salt (tenant)
 * @param scorePrompt log-probabilities of the prompt's tokens are wanted (echo)
 * @param startWithin the request fails with DEADLINE_EXCEEDED when it has not started by then
 */
public record GenerationRequest(
    int[] prompt,
    int maxTokens,
    SamplingParams sampling,
    Set<Integer> stopTokens,
    String cacheSalt,
    boolean scorePrompt,
    Duration startWithin) {

  public GenerationRequest {
    stopTokens = Set.copyOf(stopTokens);
  }
}
