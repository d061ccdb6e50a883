package platform.deepseek.inference.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.engine.DeviceLostException;

class DeviceLossTest {

  @Test
  void processEndsInOrderAndByForceWhenThatHangs() throws Exception {
    var exit = new CompletableFuture<Integer>();
    var halt = new CompletableFuture<Integer>();

    new DeviceLoss(exit::complete, halt::complete, Duration.ofMillis(1))
        .accept(new DeviceLostException("fell off the bus", null));

    assertThat(exit).isCompletedWithValue(70);
    assertThat(halt.get(10, SECONDS)).isEqualTo(70);
  }
}
