package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
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

  /** CUlaunchAttributeID, with a value of 1: the stream's order is kept by the kernel itself. */
  private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;

  private static final int ATTRIBUTE_BYTES = 72;
  private static final int CONFIGURATION_BYTES = 56;

  private final CudaDriver driver;
  private final MemorySegment stream;
  private final MemorySegment values;
  private final MemorySegment pointers;
  private final MemorySegment configuration;

  Launcher(CudaDriver driver, MemorySegment stream, Arena arena) {
    this.driver = driver;
    this.stream = stream;
    this.values = arena.allocate(JAVA_LONG, MOST_ARGUMENTS);
    this.pointers = arena.allocate(ADDRESS, MOST_ARGUMENTS);
    this.configuration = configuration(stream, arena);
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
      MemorySegment function = MemorySegment.ofAddress(kernel.handle());
      result =
          kernel.overlapping()
              ? overlapping(function, grid)
              : (int)
                  driver.launchKernel.invokeExact(
                      function,
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

  /** The same with the leave to start early, which the older call has no place for. */
  private int overlapping(MemorySegment function, Grid grid) throws Throwable {
    configuration.set(JAVA_INT, 0, grid.x());
    configuration.set(JAVA_INT, 4, grid.y());
    configuration.set(JAVA_INT, 8, grid.z());
    configuration.set(JAVA_INT, 12, grid.threads());
    configuration.set(JAVA_INT, 24, grid.sharedBytes());
    return (int)
        driver.launchKernelEx.invokeExact(configuration, function, pointers, MemorySegment.NULL);
  }

  /** CUlaunchConfig: sizes of grid and block, shared memory, stream, attributes, their number. */
  private static MemorySegment configuration(MemorySegment stream, Arena arena) {
    MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, 8);
    attribute.set(JAVA_INT, 0, PROGRAMMATIC_STREAM_SERIALIZATION);
    attribute.set(JAVA_INT, 8, 1);
    MemorySegment configuration = arena.allocate(CONFIGURATION_BYTES, 8);
    configuration.set(JAVA_INT, 16, 1);
    configuration.set(JAVA_INT, 20, 1);
    configuration.set(ADDRESS, 32, stream);
    configuration.set(ADDRESS, 40, attribute);
    configuration.set(JAVA_INT, 48, 1);
    return configuration;
  }
}
