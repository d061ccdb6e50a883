package platform.deepseek.auth.factor;

import java.time.Duration;

/**
 * How long nobody may try after so many wrong codes in a row, RFC 4226 section 7.3. Three of a
 * million codes are right at a time; at one try an hour, where this ends, half a chance of a hit
 * takes a quarter of a century, and whoever tries needs the administrator's key first.
 */
final class Lockout {

  static final int FREE_TRIES = 5;

  private static final Duration SHORTEST = Duration.ofSeconds(30);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final int MOST_DOUBLINGS = 10;

  private Lockout() {}

  /**
   * @param failures in a row, this one included
   */
  static Duration after(int failures) {
    if (failures < FREE_TRIES) {
      return Duration.ZERO;
    }
    Duration pause = SHORTEST.multipliedBy(1L << Math.min(failures - FREE_TRIES, MOST_DOUBLINGS));
    return pause.compareTo(LONGEST) < 0 ? pause : LONGEST;
  }
}
