package platform.deepseek.inference.api.cache;

/** What cache-service says to a request. */
sealed interface Lookup {

  /** It is known. */
  record Hit(String tier, long ageSeconds, KeptAnswer answer) implements Lookup {}

  /**
   * To be computed here, and handed in.
   *
   * @param token that proves it
   * @param stream that others follow meanwhile
   */
  record Lease(String key, String token, String stream) implements Lookup {}

  /** It is being computed elsewhere. */
  record Follow(String stream) implements Lookup {}

  /** To be computed, and not handed in. */
  record Pass() implements Lookup {}
}
