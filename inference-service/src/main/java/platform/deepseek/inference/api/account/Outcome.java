package platform.deepseek.inference.api.account;

/** How a request ended, as far as it is charged. */
public enum Outcome {
  /** Answered: what it used is charged. */
  COMPLETED("completed"),
  /** The client left, or did not read: what was computed until then is charged. */
  CANCELLED("cancelled"),
  /** The server could not answer: nothing is charged. */
  FAILED("failed"),
  /** Answered without computing: the prompt is charged, at the price of cached tokens. */
  CACHE_HIT("cacheHit");

  /** Its name in the contract with auth-service. */
  public final String label;

  Outcome(String label) {
    this.label = label;
  }
}
