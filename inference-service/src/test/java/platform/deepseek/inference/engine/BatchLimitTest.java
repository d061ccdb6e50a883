package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchLimitTest {
  private final BatchLimit limit = new BatchLimit(256);

  private void quietSteps(int count) {
    for (int i = 0; i < count; i++) {
      limit.stepEnded();
    }
  }

  @Test
  void shortageLeavesAQuarterOfThoseThatRanAndAtLeastOne() {
    limit.lower(100);
    assertThat(limit.current()).isEqualTo(25);
    limit.lower(25);
    assertThat(limit.current()).isEqualTo(6);
    limit.lower(3);
    assertThat(limit.current()).isOne();
    limit.lower(0);
    assertThat(limit.current()).isOne();
  }

  @Test
  void quietStepsBringItBackByAQuarterEach() {
    limit.lower(32);
    quietSteps(BatchLimit.QUIET_STEPS - 1);
    assertThat(limit.current()).isEqualTo(8);
    quietSteps(1);
    assertThat(limit.current()).isEqualTo(10);
    quietSteps(30 * BatchLimit.QUIET_STEPS);
    assertThat(limit.current()).isEqualTo(256);
  }

  @Test
  void anotherShortageBeginsTheWaitAgain() {
    limit.lower(32);
    quietSteps(BatchLimit.QUIET_STEPS - 1);
    limit.lower(8);
    quietSteps(BatchLimit.QUIET_STEPS - 1);

    assertThat(limit.current()).isEqualTo(2);
  }
}
