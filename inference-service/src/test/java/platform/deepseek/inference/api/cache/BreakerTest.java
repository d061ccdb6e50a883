package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BreakerTest {

  private final AtomicLong now = new AtomicLong(42);
  private final Breaker breaker = new Breaker(now::get);

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      breaker.failed();
    }
  }

  @Test
  void failuresInARowOpenItAndOneTriesAfterAPause() {
    fail(4);
    assertThat(breaker.admits()).isTrue();
    fail(1);
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.admits()).isFalse();
    now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertThat(breaker.admits()).isTrue();
    assertThat(breaker.admits()).isFalse();
    breaker.succeeded();
    assertThat(breaker.admits()).isTrue();
    assertThat(breaker.isOpen()).isFalse();
  }

  @Test
  void aSuccessInBetweenKeepsItClosed() {
    fail(4);
    breaker.succeeded();
    fail(4);
    assertThat(breaker.admits()).isTrue();
  }
}
