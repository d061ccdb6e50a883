package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class EngineStatsTest {

  private final EngineStats one =
      new EngineStats(1, 0, 3, 2, 8, 30, 10, 100, Optional.of(new KvMemory(2_000, 1_900)));
  private final EngineStats other =
      new EngineStats(1, 0, 1, 0, 2, 10, 0, 100, Optional.of(new KvMemory(500, 100)));

  @Test
  void numbersOfEnginesAdd() {
    assertThat(one.plus(other).plus(EngineStats.deviceLost()).plus(EngineStats.waiting(7)))
        .isEqualTo(
            new EngineStats(2, 1, 4, 9, 10, 40, 10, 200, Optional.of(new KvMemory(2_500, 2_000))));
  }

  @Test
  void sharesAreOfTheDevicesThatAreLeft() {
    EngineStats both = one.plus(EngineStats.deviceLost());
    assertThat(both.kvUsage()).isEqualTo(0.3);
    assertThat(both.kvPrefixes()).isEqualTo(0.1);
    assertThat(EngineStats.deviceLost().kvUsage()).isZero();
  }

  @Test
  void engineTellsWhatItsRunnerTells() {
    var engine = EngineUnderTest.small(1);
    assertThat(engine.engine.stats().kvMemory()).isEmpty();
    engine.runner.kvMemory(new KvMemory(64, 48));
    engine.ask(request(prompt(1, 5), 2));
    assertThat(engine.engine.stats().kvMemory()).contains(new KvMemory(64, 48));
  }
}
