package platform.deepseek.inference.api.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.engine.EngineStats;

class EnginePulseTest {

  private final AtomicReference<EngineStats> stats = new AtomicReference<>(busy());
  private final AtomicLong clock = new AtomicLong();
  private final EnginePulse pulse = new EnginePulse(() -> List.of(stats.get()), clock::get);

  private static EngineStats busy() {
    return new EngineStats(1, 0, 1, 0, 4, 1, 0, 10, Optional.empty());
  }

  private void pass() {
    clock.addAndGet(EnginePulse.LONGEST_TURN.toNanos());
  }

  @Test
  void aBusyEngineThatPublishesNothingHasNoPulse() {
    assertThat(pulse.beats()).isTrue();
    pass();
    assertThat(pulse.beats()).isFalse();
  }

  @Test
  void aBusyEngineThatTurnsHasOneEvenWithTheSameNumbers() {
    assertThat(pulse.beats()).isTrue();
    pass();
    stats.set(busy());
    assertThat(pulse.beats()).isTrue();
  }

  @Test
  void ofSeveralEnginesEachMustTurn() {
    EngineStats hung = busy();
    var pair = new EnginePulse(() -> List.of(stats.get(), hung), clock::get);
    assertThat(pair.beats()).isTrue();
    pass();
    stats.set(busy());

    assertThat(pair.beats()).isFalse();
  }

  @Test
  void anIdleEngineMaySleep() {
    stats.set(new EngineStats(1, 0, 0, 0, 4, 0, 3, 10, Optional.empty()));
    assertThat(pulse.beats()).isTrue();
    pass();
    assertThat(pulse.beats()).isTrue();
  }
}
