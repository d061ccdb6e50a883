package platform.deepseek.operator.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.Standby;

class FailoverTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private final Standby standby = new Standby("other", 80, 60, 120);

  @Test
  void theRouteMovesAfterTheLimitAndBackAfterTheOther() {
    var up = Failover.next(null, standby, true, START);
    assertThat(up.active()).isFalse();
    var down = Failover.next(up, standby, false, START.plusSeconds(10));
    assertThat(Failover.next(down, standby, false, START.plusSeconds(69)).active()).isFalse();
    var moved = Failover.next(down, standby, false, START.plusSeconds(70));
    assertThat(moved.active()).isTrue();
    var upAgain = Failover.next(moved, standby, true, START.plusSeconds(100));
    assertThat(upAgain.active()).isTrue();
    assertThat(Failover.next(upAgain, standby, true, START.plusSeconds(219)).active()).isTrue();
    assertThat(Failover.next(upAgain, standby, true, START.plusSeconds(220)).active()).isFalse();
  }

  @Test
  void aPrimaryThatComesAndGoesDoesNotDragTheRoute() {
    var status = Failover.next(null, standby, true, START);
    for (int second = 0; second < 600; second += 30) {
      status = Failover.next(status, standby, second % 60 == 0, START.plusSeconds(second));
      assertThat(status.active()).isFalse();
    }
  }
}
