package platform.deepseek.inference.runner;

import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.ort.OrtException;

/**
 * Tells a page of the model's file that cannot be read any more from other failures of a step. The
 * JVM throws InternalError where it reads such a page (the kernel sends SIGBUS): the file was cut,
 * or its disk is broken. The page does not come back in this process, so it is as good as a lost
 * device.
 */
final class MappedFaults {

  private static final String UNREADABLE = "unsafe memory access";

  private MappedFaults() {}

  /** The failure in the engine's words; itself where it is another one. */
  static RuntimeException translated(Throwable failure) {
    if (String.valueOf(failure.getMessage()).contains(UNREADABLE)) {
      return new DeviceLostException(
          "a page of the model's file cannot be read any more: it was cut while it is served, or its"
              + " disk is broken",
          failure);
    }
    return switch (failure) {
      case OrtException other -> other;
      case Error other -> throw other;
      default -> throw new IllegalArgumentException("no failure of a step", failure);
    };
  }
}
