package platform.deepseek.inference.bench;

import java.util.function.Supplier;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.runner.Accelerator;

/** How fast a device copies within itself: what reading and writing are compared with. */
final class CopyRate {

  private static final int COPIES = 8;

  private CopyRate() {}

  /** Bytes per second, read and written together; the best of some copies of so many bytes. */
  static double measure(Supplier<Accelerator> accelerators, long bytes) {
    try (Device device = accelerators.get().device()) {
      long source = device.allocate(bytes);
      long target = device.allocate(bytes);
      double best = 0;
      for (int i = 0; i < COPIES; i++) {
        device.synchronize();
        long from = System.nanoTime();
        device.copy(target, source, bytes);
        device.synchronize();
        best = Math.max(best, 2.0 * bytes / ((System.nanoTime() - from) / 1e9));
      }
      device.free(source);
      device.free(target);
      return best;
    }
  }
}
