package platform.deepseek.inference.api.cache;

import java.util.OptionalDouble;

/** What cache-service says to a request. */
sealed interface Lookup {

  /**
   * It is known.
   *
   * @param similarity of the question that it answers, where that is another one
   */
  record Hit(String tier, OptionalDouble similarity, long ageSeconds, KeptAnswer answer)
      implements Lookup {

    /** What the client is told, as the value of x-cache. */
    String told() {
      String told = "HIT; tier=%s; age=%d".formatted(tier, ageSeconds);
      return similarity.isEmpty() ? told : told + "; similarity=" + similarity.getAsDouble();
    }
  }

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
