package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.sampling.TokenConstraint;

/**
 * A request that is already valid: prompt not empty, prompt + maxTokens within the context.
 *
 * @param prompt token ids
 * @param maxTokens tokens to generate at most; 0 only computes the prompt
 * @param stopTokens ids that end the sequence (they are not part of the answer)
 * @param cacheSalt prefixes are shared only among requests with the same salt (tenant)
 * @param promptOutput what is wanted of the prompt itself
 * @param startWithin the request fails with DEADLINE_EXCEEDED when it has not started by then
 * @param constraint what may be said, for this one sequence; null for anything
 * @param share its claim while others wait
 * @param prediction tokens that the client believes will be the answer; empty where it does not say
 */
public record GenerationRequest(
    int[] prompt,
    int maxTokens,
    SamplingParams sampling,
    Set<Integer> stopTokens,
    String cacheSalt,
    PromptOutput promptOutput,
    Duration startWithin,
    TokenConstraint constraint,
    Share share,
    int[] prediction) {

  /** Of somebody like everybody else, who predicts nothing. */
  public GenerationRequest(
      int[] prompt,
      int maxTokens,
      SamplingParams sampling,
      Set<Integer> stopTokens,
      String cacheSalt,
      PromptOutput promptOutput,
      Duration startWithin,
      TokenConstraint constraint) {
    this(
        prompt,
        maxTokens,
        sampling,
        stopTokens,
        cacheSalt,
        promptOutput,
        startWithin,
        constraint,
        Share.EQUAL,
        new int[0]);
  }

  /**
   * @param scorePrompt log-probabilities of the prompt's tokens are wanted (echo)
   */
  public GenerationRequest(
      int[] prompt,
      int maxTokens,
      SamplingParams sampling,
      Set<Integer> stopTokens,
      String cacheSalt,
      boolean scorePrompt,
      Duration startWithin,
      TokenConstraint constraint) {
    this(
        prompt,
        maxTokens,
        sampling,
        stopTokens,
        cacheSalt,
        scorePrompt ? PromptOutput.SCORES : PromptOutput.NOTHING,
        startWithin,
        constraint);
  }

  /** Without a constraint. */
  public GenerationRequest(
      int[] prompt,
      int maxTokens,
      SamplingParams sampling,
      Set<Integer> stopTokens,
      String cacheSalt,
      boolean scorePrompt,
      Duration startWithin) {
    this(prompt, maxTokens, sampling, stopTokens, cacheSalt, scorePrompt, startWithin, null);
  }

  public GenerationRequest {
    stopTokens = Set.copyOf(stopTokens);
  }

  /** Asks for the embedding of a prompt. */
  public static GenerationRequest embedding(int[] prompt, String cacheSalt, Duration startWithin) {
    return new GenerationRequest(
        prompt,
        0,
        SamplingParams.GREEDY,
        Set.of(),
        cacheSalt,
        PromptOutput.EMBEDDING,
        startWithin,
        null);
  }

  /** The same, ended by more tokens. */
  public GenerationRequest endedBy(Set<Integer> tokens) {
    Set<Integer> all = new HashSet<>(stopTokens);
    all.addAll(tokens);
    return new GenerationRequest(
        prompt,
        maxTokens,
        sampling,
        all,
        cacheSalt,
        promptOutput,
        startWithin,
        constraint,
        share,
        prediction);
  }

  /** The same with the answer that the client expects. */
  public GenerationRequest predicting(int[] tokens) {
    return new GenerationRequest(
        prompt,
        maxTokens,
        sampling,
        stopTokens,
        cacheSalt,
        promptOutput,
        startWithin,
        constraint,
        share,
        tokens);
  }

  /**
   * The same, as it was granted.
   *
   * @param salt of the tenant; that of the request itself tells its users apart
   * @param most tokens to generate
   */
  public GenerationRequest granted(String salt, int most, Share share) {
    return new GenerationRequest(
        prompt,
        Math.min(maxTokens, most),
        sampling,
        stopTokens,
        salt.isEmpty() ? cacheSalt : salt + "/" + cacheSalt,
        promptOutput,
        startWithin,
        constraint,
        share,
        prediction);
  }

  /**
   * @throws IllegalArgumentException no model with so many tokens can do it
   */
  void requireWellFormed(int vocabulary) {
    if (prompt.length == 0 || maxTokens < 0) {
      throw new IllegalArgumentException(
          "a prompt of %d tokens with maxTokens %d: at least 1 and 0 are needed"
              .formatted(prompt.length, maxTokens));
    }
    if (promptOutput == PromptOutput.EMBEDDING && maxTokens > 0) {
      throw new IllegalArgumentException(
          "an embedding with maxTokens %d: such a request generates nothing, send 0"
              .formatted(maxTokens));
    }
    requireTokens(prompt, vocabulary);
    requireTokens(prediction, vocabulary);
  }

  private static void requireTokens(int[] tokens, int vocabulary) {
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new IllegalArgumentException(
            "token %d is outside the vocabulary of %d".formatted(token, vocabulary));
      }
    }
  }

  public boolean scorePrompt() {
    return promptOutput == PromptOutput.SCORES;
  }
}
