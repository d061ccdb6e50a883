package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A CUDA graph, captured from the device's stream. */
final class CudaGraphRecording implements DeviceGraph {

  /** Libraries may allocate memory and make events while they are recorded. */
  private static final int CAPTURE_RELAXED = 2;

  private final CudaDevice device;
  private final CudaDriver driver;
  private final MemorySegment executable;

  CudaGraphRecording(CudaDevice device, CudaDriver driver, Runnable work) {
    this.device = device;
    this.driver = driver;
    MemorySegment stream = MemorySegment.ofAddress(device.stream());
    try (Arena call = Arena.ofConfined()) {
      MemorySegment pointer = call.allocate(ADDRESS);
      MemorySegment graph = capture(work, stream, pointer);
      try {
        device.call(
            "instantiating a graph",
            () -> (int) driver.graphInstantiate.invokeExact(pointer, graph, 0L));
        executable = pointer.get(ADDRESS, 0);
      } finally {
        device.call("ending a graph", () -> (int) driver.graphDestroy.invokeExact(graph));
      }
    }
  }

  private MemorySegment capture(Runnable work, MemorySegment stream, MemorySegment pointer) {
    device.call(
        "beginning a capture",
        () -> (int) driver.streamBeginCapture.invokeExact(stream, CAPTURE_RELAXED));
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      // The stream must leave its capture; that this spoils the graph is known.
      driver.result(() -> (int) driver.streamEndCapture.invokeExact(stream, pointer));
      throw e;
    }
    device.call(
        "ending a capture", () -> (int) driver.streamEndCapture.invokeExact(stream, pointer));
    return pointer.get(ADDRESS, 0);
  }

  @Override
  public void launch() {
    MemorySegment stream = MemorySegment.ofAddress(device.stream());
    device.call(
        "launching a graph", () -> (int) driver.graphLaunch.invokeExact(executable, stream));
  }

  @Override
  public void close() {
    device.call(
        "ending a graph's recording",
        () -> (int) driver.graphExecutableDestroy.invokeExact(executable));
  }
}
