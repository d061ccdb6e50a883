package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DrainTest {

  private static final Duration NEVER = Duration.ofHours(1);

  private final CountDownLatch exit = new CountDownLatch(1);

  @Test
  void aSignalIsKnownAtOnceWhileTheServiceServesOn() {
    Drain drain = new Drain(NEVER, exit::countDown);
    assertThat(drain.begun()).isFalse();
    drain.signal();
    assertThat(drain.begun()).isTrue();
    assertThat(exit.getCount()).isEqualTo(1);
  }

  @Test
  void theProcessEndsAfterTheDelay() throws InterruptedException {
    long begun = System.nanoTime();
    new Drain(Duration.ofMillis(200), exit::countDown).signal();
    assertThat(exit.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(190));
  }

  @Test
  void aSecondSignalEndsTheDelay() throws InterruptedException {
    Drain drain = new Drain(NEVER, exit::countDown);
    drain.signal();
    drain.signal();
    assertThat(exit.await(30, TimeUnit.SECONDS)).isTrue();
  }
}
