package platform.deepseek.inference.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.sampling.SamplingParams;

/** Requests for an engine that is measured: no stop tokens, no prefix shared by chance. */
final class Load {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private Load() {}

  static SamplingParams sampling(float temperature, float topP, long seed) {
    return new SamplingParams(temperature, 0, topP, 0, 0, 0, 1, Map.of(), seed, -1);
  }

  /** Greedy, with the two best tokens of each place. */
  static SamplingParams greedyWithMargins() {
    return new SamplingParams(0, 0, 1, 0, 0, 0, 1, Map.of(), 0, 2);
  }

  static GenerationRequest request(int[] prompt, int tokens, SamplingParams sampling) {
    return new GenerationRequest(prompt, tokens, sampling, Set.of(), "", false, PATIENCE);
  }

  static int[] randomPrompt(Random random, int length, int vocabulary) {
    return random.ints(length, 1, vocabulary).toArray();
  }

  /** Token ids to cut prompts out of. */
  static List<int[]> randomTexts(int vocabulary) {
    Random random = new Random(8);
    return IntStream.range(0, 8).mapToObj(i -> randomPrompt(random, 4096, vocabulary)).toList();
  }

  static Answer submit(Engine engine, GenerationRequest request) {
    return submit(engine, request, new Answer(request.maxTokens()));
  }

  private static Answer submit(Engine engine, GenerationRequest request, Answer answer) {
    engine.submit(request, answer);
    return answer;
  }

  /**
   * Runs requests together and waits for all; returns the answers in order. All are submitted
   * before the first one says anything, however busy the machine is.
   */
  static List<Answer> run(Engine engine, List<GenerationRequest> requests)
      throws InterruptedException {
    List<Answer> answers = new ArrayList<>();
    CompletableFuture<Void> submitted = new CompletableFuture<>();
    try {
      for (GenerationRequest request : requests) {
        answers.add(submit(engine, request, new Answer(request.maxTokens(), submitted)));
      }
    } finally {
      submitted.complete(null);
    }
    for (Answer answer : answers) {
      await(answer);
    }
    return answers;
  }

  static void await(Answer answer) throws InterruptedException {
    try {
      answer.ended().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("an answer has not ended in " + PATIENCE, e);
    }
  }
}
