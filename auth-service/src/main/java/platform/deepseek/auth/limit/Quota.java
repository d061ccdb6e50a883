package platform.deepseek.auth.limit;

import java.time.Duration;
import java.util.Optional;

/**
 * What is left where least is left, for the {@code x-ratelimit-*} headers.
 *
 * @param requests of a second; empty when no bound limits them
 * @param tokens of a minute; the same
 */
public record Quota(Optional<Left> requests, Optional<Left> tokens) {

  public static final Quota UNLIMITED = new Quota(Optional.empty(), Optional.empty());

  /**
   * @param reset after which all is free again at the latest, if nothing more is asked
   */
  public record Left(long limit, long remaining, Duration reset) {}
}
