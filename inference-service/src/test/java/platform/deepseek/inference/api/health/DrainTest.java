package platform.deepseek.inference.api.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DrainTest {

  private static final Duration NEVER = Duration.ofHours(1);

  private final CountDownLatch exit = new CountDownLatch(1);
  private final CountDownLatch ending = new CountDownLatch(1);

  @Test
  void aSignalIsKnownAtOnceWhileTheServiceServesOn() {
    Drain drain = new Drain(NEVER, NEVER, exit::countDown, ending::countDown);
    assertThat(drain.begun()).isFalse();
    drain.signal();
    assertThat(drain.begun()).isTrue();
    assertThat(exit.getCount()).isEqualTo(1);
  }

  @Test
  void theProcessEndsAfterTheDelay() throws InterruptedException {
    long begun = System.nanoTime();
    new Drain(Duration.ofMillis(200), NEVER, exit::countDown, ending::countDown).signal();
    assertThat(exit.await(1, TimeUnit.MINUTES)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(190));
    assertThat(ending.getCount()).as("what runs has its time").isEqualTo(1);
  }

  @Test
  void aSecondSignalEndsAllWaiting() throws InterruptedException {
    Drain drain = new Drain(NEVER, NEVER, exit::countDown, ending::countDown);
    drain.signal();
    drain.signal();
    assertThat(exit.await(1, TimeUnit.MINUTES)).isTrue();
    assertThat(ending.await(1, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  void whatHasNotEndedIsEndedBeforeTheTimeIsOver() throws InterruptedException {
    Duration time = Duration.ofMillis(500);
    long begun = System.nanoTime();
    new Drain(Duration.ZERO, time, exit::countDown, ending::countDown).signal();
    assertThat(ending.await(1, TimeUnit.MINUTES)).isTrue();
    assertThat(exit.getCount()).isZero();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(time.dividedBy(2));
  }
}
