package platform.deepseek.inference.api.stream;

import java.util.List;
import java.util.Set;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Share;

/**
 * One sequence to run for a request.
 *
 * @param stop strings that end the answer and are not part of it
 * @param echo the prompt's text where it is to come first, else null
 */
public record Generation(
    GenerationRequest request, List<String> stop, String echo, Reading reading) {

  /** The same, ended by more tokens than the model's own. */
  public Generation endedBy(Set<Integer> tokens) {
    return new Generation(request.endedBy(tokens), stop, echo, reading);
  }

  /** The same with the answer that the client expects. */
  public Generation predicting(int[] tokens) {
    return new Generation(request.predicting(tokens), stop, echo, reading);
  }

  Generation granted(String salt, int most, Share share) {
    return new Generation(request.granted(salt, most, share), stop, echo, reading);
  }

  boolean scored() {
    return request.sampling().topLogprobs() >= 0;
  }
}
