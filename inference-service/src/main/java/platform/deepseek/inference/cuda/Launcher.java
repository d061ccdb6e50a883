package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Launches kernels from one block of parameters that is used again and again: the driver copies
 * what it reads before the call returns. A launch allocates nothing and asks nothing, because it
 * may happen while the stream is captured into a graph.
 */
final class Launcher {

  /** More than any kernel here takes. */
  private static final int MOST_ARGUMENTS = 64;

  private final CudaDriver driver;
  private final MemorySegment stream;
  private final MemorySegment values;
  private final MemorySegment pointers;

  Launcher(CudaDriver driver, MemorySegment stream, Arena arena) {
    this.driver = driver;
    this.stream = stream;
    this.values = arena.allocate(JAVA_LONG, MOST_ARGUMENTS);
    this.pointers = arena.allocate(ADDRESS, MOST_ARGUMENTS);
    for (int i = 0; i < MOST_ARGUMENTS; i++) {
      pointers.setAtIndex(ADDRESS, i, values.asSlice((long) i * Long.BYTES));
    }
  }

  void launch(Kernel kernel, Grid grid, long[] arguments) {
    kernel.requireArguments(arguments.length);
    if (arguments.length > MOST_ARGUMENTS) {
      throw new IllegalArgumentException(
          "kernel %s: %d arguments, %d are possible"
              .formatted(kernel.name(), arguments.length, MOST_ARGUMENTS));
    }
    MemorySegment.copy(arguments, 0, values, JAVA_LONG, 0, arguments.length);
    int result;
    try {
      result =
          (int)
              driver.launchKernel.invokeExact(
                  MemorySegment.ofAddress(kernel.handle()),
                  grid.x(),
                  grid.y(),
                  grid.z(),
                  grid.threads(),
                  1,
                  1,
                  grid.sharedBytes(),
                  stream,
                  pointers,
                  MemorySegment.NULL);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
    if (result != 0) {
      driver.check("launching %s with %s".formatted(kernel.name(), grid), result);
    }
  }
}
