package platform.deepseek.auth.token.grant;

import java.time.Duration;
import java.util.List;

/**
 * @param issuer address of this service as others reach it, without a path: the claim {@code iss}
 * @param audiences that tokens are made for; the first is this platform itself
 * @param lifetime of a token at most
 * @param rotation after which another key signs
 * @param publishedAhead how long a key is public before it signs, so that whoever keeps the key set
 *     has it by then
 */
public record GrantSettings(
    String issuer,
    List<String> audiences,
    Duration lifetime,
    Duration rotation,
    Duration publishedAhead) {

  private static final Duration LONGEST_LIFETIME = Duration.ofMinutes(15);
  private static final Duration LONGEST_ROTATION = Duration.ofDays(7);

  public GrantSettings {
    audiences = List.copyOf(audiences);
    if (audiences.isEmpty()) {
      throw new IllegalStateException("deepseek.auth.token.audiences is empty; name one.");
    }
    requireWithin("token.lifetime", lifetime, LONGEST_LIFETIME);
    requireWithin("token.key-rotation", rotation, LONGEST_ROTATION);
    requireWithin("token.key-published-ahead", publishedAhead, rotation);
  }

  private static void requireWithin(String name, Duration value, Duration most) {
    if (!value.isPositive() || value.compareTo(most) > 0) {
      throw new IllegalStateException(
          "deepseek.auth.%s is %s; it has to be positive and at most %s."
              .formatted(name, value, most));
    }
  }

  /** That of this platform. */
  public String audience() {
    return audiences.getFirst();
  }
}
