package platform.deepseek.operator.rollout;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import platform.deepseek.operator.resource.Standby;
import platform.deepseek.operator.resource.StandbyStatus;

/**
 * When the standby takes the traffic: after the primary has had no ready replica for so long, and
 * back after it has had one again for so long. Both limits count from the last change, so a primary
 * that comes and goes does not drag the route with it.
 */
public final class Failover {

  private Failover() {}

  public static StandbyStatus next(
      StandbyStatus before, Standby standby, boolean primaryReady, Instant now) {
    if (before == null || before.primaryReady() != primaryReady) {
      var active = before != null && before.active();
      return new StandbyStatus(active, now.truncatedTo(ChronoUnit.MILLIS).toString(), primaryReady);
    }
    if (before.active() == primaryReady && left(before, standby, now).isZero()) {
      return new StandbyStatus(!primaryReady, before.since(), primaryReady);
    }
    return before;
  }

  /** When to look again, while time alone can move the route. */
  public static Optional<Duration> lookAgainIn(StandbyStatus status, Standby standby, Instant now) {
    return status.active().equals(status.primaryReady())
        ? Optional.of(left(status, standby, now))
        : Optional.empty();
  }

  private static Duration left(StandbyStatus status, Standby standby, Instant now) {
    var span = status.primaryReady() ? standby.backAfterSeconds() : standby.afterSeconds();
    var left = Duration.between(now, Instant.parse(status.since()).plusSeconds(span));
    return left.isNegative() ? Duration.ZERO : left;
  }
}
