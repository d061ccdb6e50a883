package platform.deepseek.inference.api.stream;

import java.util.Optional;

/**
 * The usage of a request over all its choices. A prompt counts once however many choices it has.
 *
 * @param cached of the prompt's tokens
 * @param reasoning of the completion's tokens
 * @param predicted empty where nothing was predicted
 */
public record TokenCount(
    int prompt, int cached, int completion, int reasoning, Optional<PredictedTokens> predicted) {

  /** Without a prediction. */
  public TokenCount(int prompt, int cached, int completion, int reasoning) {
    this(prompt, cached, completion, reasoning, Optional.empty());
  }
}
