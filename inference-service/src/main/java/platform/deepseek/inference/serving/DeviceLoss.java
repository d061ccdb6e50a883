package platform.deepseek.inference.serving;

import io.quarkus.runtime.Quarkus;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jboss.logging.Logger;
import platform.deepseek.inference.engine.DeviceLostException;

/**
 * Ends the process when the last device is lost, with a code of its own, so that who started it
 * knows that a restart helps and a look at the device may be due. The failed requests get their
 * answers first; but a lost device can hang whoever touches it, so the wait for an orderly end is
 * bounded.
 */
final class DeviceLoss implements Consumer<DeviceLostException> {

  /** EX_SOFTWARE of BSD's sysexits.h: no code that a JVM, a shell or a signal ends with. */
  static final int EXIT_CODE = 70;

  private static final Logger LOG = Logger.getLogger(DeviceLoss.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final IntConsumer exit;
  private final IntConsumer halt;
  private final Duration patience;

  DeviceLoss() {
    this(Quarkus::asyncExit, Runtime.getRuntime()::halt, PATIENCE);
  }

  DeviceLoss(IntConsumer exit, IntConsumer halt, Duration patience) {
    this.exit = exit;
    this.halt = halt;
    this.patience = patience;
  }

  @Override
  public void accept(DeviceLostException failure) {
    LOG.fatalf(failure, "no device is left; the process ends with code %d", EXIT_CODE);
    Thread.ofPlatform().daemon().name("device-loss").start(this::haltLater);
    exit.accept(EXIT_CODE);
  }

  private void haltLater() {
    try {
      Thread.sleep(patience);
    } catch (InterruptedException e) {
      LOG.warn("interrupted while the process was ending; it ends at once");
    }
    halt.accept(EXIT_CODE);
  }
}
