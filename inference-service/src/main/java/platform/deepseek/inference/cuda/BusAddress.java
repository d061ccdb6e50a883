package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Where a GPU is on the PCI bus, the name of it that all of NVIDIA's libraries understand. */
final class BusAddress {

  /** Of "domain:bus:device.function" in hexadecimal digits, with its end. */
  private static final int LONGEST = 32;

  private BusAddress() {}

  /**
   * @param number CUDA's, from 0
   */
  static String of(String driverLibrary, int number) {
    CudaDriver driver = CudaDriver.load(driverLibrary);
    MethodHandle busAddress = driver.function("cuDeviceGetPCIBusId", ADDRESS, JAVA_INT, JAVA_INT);
    try (Arena call = Arena.ofConfined()) {
      MemorySegment handle = call.allocate(JAVA_INT);
      driver.check(
          "opening GPU " + number, () -> (int) driver.deviceGet.invokeExact(handle, number));
      int device = handle.get(JAVA_INT, 0);
      MemorySegment text = call.allocate(LONGEST);
      driver.check(
          "asking the GPU's place on the bus",
          () -> (int) busAddress.invokeExact(text, LONGEST, device));
      return text.getString(0);
    }
  }
}
