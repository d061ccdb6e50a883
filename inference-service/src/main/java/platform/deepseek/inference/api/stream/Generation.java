package platform.deepseek.inference.api.stream;

import java.util.List;
import platform.deepseek.inference.engine.GenerationRequest;

/**
 * One sequence to run for a request.
 *
 * @param stop strings that end the answer and are not part of it
 * @param echo the prompt's text where it is to come first, else null
 */
public record Generation(GenerationRequest request, List<String> stop, String echo) {

  boolean scored() {
    return request.sampling().topLogprobs() >= 0;
  }
}
