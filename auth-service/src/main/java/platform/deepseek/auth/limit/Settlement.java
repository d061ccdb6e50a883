package platform.deepseek.auth.limit;

import java.time.Duration;
import java.util.List;
import platform.deepseek.auth.usage.Charge;

/**
 * The end of a reservation, told by whoever holds it.
 *
 * <p>It may be told again at any time, and charges once. Counters remember for {@link #REMEMBERED}
 * and a little more that a reservation was settled; one they do not know is charged only if they
 * could have lost it: if it is younger than that, or if their own memory is. Any other was settled
 * long ago. So nothing has to be remembered for ever, and no clock decides alone: of the two that
 * are compared, differences of minutes do not matter.
 *
 * @param teller who tells it, the same when it is told again because no answer came: what was
 *     settled by that very telling is told as settled, so that whoever did it writes it down
 * @param age of the reservation when this was told
 * @param bounds by name, all that the request had to pass
 */
public record Settlement(
    String reservation, String teller, Duration age, Charge charge, List<String> bounds) {

  /** How long it is known of an unknown reservation that it is not just forgotten. */
  static final Duration REMEMBERED = Duration.ofMinutes(30);

  /** How long a settled one is kept: clocks may differ by the rest. */
  static final Duration KEPT = REMEMBERED.plusMinutes(10);

  public Settlement {
    bounds = List.copyOf(bounds);
  }
}
