package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.sampling.TokenConstraint;

/** Requests for tests: the shortest spelling of what matters. */
final class Requests {
  static final Duration LONG = Duration.ofHours(1);

  private Requests() {}

  static GenerationRequest request(int[] prompt, int maxTokens) {
    return request(prompt, maxTokens, "tenant", 0, Set.of());
  }

  static GenerationRequest request(int[] prompt, int maxTokens, String salt) {
    return request(prompt, maxTokens, salt, 0, Set.of());
  }

  static GenerationRequest request(
      int[] prompt, int maxTokens, String salt, long seed, Set<Integer> stopTokens) {
    return new GenerationRequest(prompt, maxTokens, seeded(seed), stopTokens, salt, false, LONG);
  }

  static GenerationRequest scored(int[] prompt, int maxTokens) {
    return new GenerationRequest(prompt, maxTokens, seeded(0), Set.of(), "tenant", true, LONG);
  }

  static GenerationRequest startingWithin(Duration limit, int[] prompt, int maxTokens) {
    return new GenerationRequest(prompt, maxTokens, seeded(0), Set.of(), "tenant", false, limit);
  }

  static GenerationRequest embedding(int[] prompt) {
    return GenerationRequest.embedding(prompt, "tenant", LONG);
  }

  static GenerationRequest constrained(int[] prompt, int maxTokens, TokenConstraint constraint) {
    return new GenerationRequest(
        prompt, maxTokens, seeded(0), Set.of(), "tenant", false, LONG, constraint);
  }

  static GenerationRequest penalized(int[] prompt, int maxTokens) {
    var sampling = new SamplingParams(1, 0, 1, 0, 0, 0.5f, 1, Map.of(), 0, -1);
    return new GenerationRequest(prompt, maxTokens, sampling, Set.of(), "tenant", false, LONG);
  }

  private static SamplingParams seeded(long seed) {
    return new SamplingParams(1, 0, 1, 0, 0, 0, 1, Map.of(), seed, -1);
  }

  /** A prompt of its own for each {@code name}. */
  static int[] prompt(int name, int length) {
    return new Random(name).ints(length, 0, FakeRunner.VOCABULARY).toArray();
  }

  static int[] concat(int[] a, int... b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
