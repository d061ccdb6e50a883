package platform.deepseek.inference.engine;

/** What is wanted of a prompt beside the answer to it. */
public enum PromptOutput {
  NOTHING,
  /** Log-probabilities of its tokens, from the second on (echo). */
  SCORES,
  /**
   * One vector: the mean over the positions of the last hidden states, after the final norm, made
   * of length 1. Such a request generates nothing.
   */
  EMBEDDING
}
