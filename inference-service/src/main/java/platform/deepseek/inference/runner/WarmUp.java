package platform.deepseek.inference.runner;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import platform.deepseek.inference.engine.DeviceMemoryException;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.ModelRunner;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.sampling.SamplingParams;

/** Steps of prompts that nobody asked for, before the first that somebody did. */
final class WarmUp {

  private static final int FEWEST_TOKENS = 16;
  private static final int ANY_BLOCK = 16;
  private static final int ANY_TOKEN = 0;

  /** Draws, because that uses more of the sampler than a greedy choice. */
  private static final SamplingParams DRAW =
      new SamplingParams(0.7f, 0, 0.95f, 0, 0, 0, 1, Map.of(), 1, -1);

  private WarmUp() {}

  /** Computes a prompt of each power of two up to {@code most} tokens, alone in slot 0. */
  static void prompts(ModelRunner runner, int most) {
    try {
      for (int tokens = Math.min(FEWEST_TOKENS, most); ; tokens = Math.min(2 * tokens, most)) {
        prompt(runner, tokens);
        if (tokens == most) {
          return;
        }
      }
    } catch (DeviceMemoryException e) {
      // The engine copes with this for requests, by smaller steps; here there is no need to.
      System.getLogger(WarmUp.class.getName())
          .log(System.Logger.Level.WARNING, "prompts of up to {0} tokens are not warmed up", most);
    } finally {
      runner.trim(0, 0);
    }
  }

  private static void prompt(ModelRunner runner, int tokens) {
    int[] prompt = new int[tokens];
    Arrays.fill(prompt, ANY_TOKEN);
    var request =
        new GenerationRequest(prompt, 1, DRAW, Set.of(), "", false, Duration.ofMinutes(1));
    var sequence = new Sequence(request, ANY_BLOCK);
    sequence.start(0, 0);
    runner.start(new Step(List.of(new Step.Entry(sequence, 0, tokens, true, false)))).await();
  }
}
