package platform.deepseek.cache.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import platform.deepseek.cache.key.CacheKey;

class LocalLeasesTest {

  private static final int MANY = 10_000;

  private long nanos = 1;
  private final LocalLeases leases = new LocalLeases(Duration.ofSeconds(10), () -> nanos);

  private static CacheKey key(int number) {
    return CacheKey.of(ByteBuffer.allocate(CacheKey.BYTES).putInt(number).array());
  }

  @Test
  void leasesThatRedisGrantedAndNobodyGaveBackAreForgotten() {
    for (int i = 0; i < MANY; i++) {
      leases.adopt(key(i), i);
    }
    nanos += Duration.ofMinutes(1).toNanos();
    for (int i = MANY; i < MANY + 2_000; i++) {
      leases.adopt(key(i), i);
    }
    assertThat(leases.size()).isLessThan(MANY);
    assertThat(leases.isHeld(key(MANY), MANY).join()).isTrue();
  }
}
