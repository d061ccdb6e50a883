package platform.deepseek.inference.api.account;

/** Who may still ask. Called on worker threads: it may block. */
public interface Accounts {

  /** What the caller has left. */
  Balance balance();

  /**
   * Lets a request for a generation pass, before it is queued.
   *
   * @param promptTokens of all its prompts
   * @param maxTokens it may generate, over all its choices
   * @throws platform.deepseek.inference.api.error.ApiException INSUFFICIENT_BALANCE when the
   *     caller's funds do not cover it
   */
  void requireFunds(long promptTokens, long maxTokens);
}
