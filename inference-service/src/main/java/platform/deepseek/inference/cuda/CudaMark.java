package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** An event on the device's stream, without a time stamp. */
final class CudaMark implements Mark {

  private static final int DISABLE_TIMING = 2;

  private final CudaDevice device;
  private final CudaDriver driver;
  private final MemorySegment event;

  CudaMark(CudaDevice device, CudaDriver driver) {
    this.device = device;
    this.driver = driver;
    try (Arena call = Arena.ofConfined()) {
      MemorySegment pointer = call.allocate(ADDRESS);
      device.call(
          "making an event", () -> (int) driver.eventCreate.invokeExact(pointer, DISABLE_TIMING));
      this.event = pointer.get(ADDRESS, 0);
    }
  }

  @Override
  public void record() {
    MemorySegment stream = MemorySegment.ofAddress(device.stream());
    device.call("recording an event", () -> (int) driver.eventRecord.invokeExact(event, stream));
  }

  @Override
  public void await() {
    device.call("the GPU's work", () -> (int) driver.eventSynchronize.invokeExact(event));
  }

  @Override
  public boolean reached() {
    device.enter();
    int result = driver.result(() -> (int) driver.eventQuery.invokeExact(event));
    if (result == CudaDriver.NOT_READY) {
      return false;
    }
    driver.check("the GPU's work", result);
    return true;
  }

  @Override
  public void close() {
    device.call("ending an event", () -> (int) driver.eventDestroy.invokeExact(event));
  }
}
