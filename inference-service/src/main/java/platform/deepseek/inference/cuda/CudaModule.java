package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;

/** A module that the driver compiled from PTX for the device at hand. */
final class CudaModule implements KernelModule {

  /** CUjit_option: where the compiler writes what it does not like, and how much may be written. */
  private static final int ERROR_LOG_BUFFER = 5;

  private static final int ERROR_LOG_BUFFER_SIZE_BYTES = 6;
  private static final int LOG_BYTES = 16 << 10;

  /** CUfunction_attribute. */
  private static final int SHARED_SIZE_BYTES = 1;

  private static final int MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

  private static final int PREFERRED_SHARED_MEMORY_CARVEOUT = 9;
  private static final int WHOLE_CARVEOUT = 100;

  private final CudaDevice device;
  private final CudaDriver driver;
  private final Map<String, Integer> parameters;
  private final Set<String> overlapping;
  private final MemorySegment module;

  CudaModule(CudaDevice device, CudaDriver driver, String ptx) {
    this.device = device;
    this.driver = driver;
    this.parameters = Ptx.parameters(ptx);
    this.overlapping = device.overlapsKernels() ? Ptx.overlapping(ptx) : Set.of();
    this.module = compile(ptx);
  }

  private MemorySegment compile(String ptx) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment pointer = call.allocate(ADDRESS);
      MemorySegment text = call.allocateFrom(ptx);
      MemorySegment log = call.allocate(LOG_BYTES);
      MemorySegment options =
          call.allocateFrom(JAVA_INT, ERROR_LOG_BUFFER, ERROR_LOG_BUFFER_SIZE_BYTES);
      // The second value is a number in the place of a pointer.
      MemorySegment values = call.allocate(ADDRESS, 2);
      values.setAtIndex(ADDRESS, 0, log);
      values.setAtIndex(ADDRESS, 1, MemorySegment.ofAddress(LOG_BYTES));
      device.enter();
      int result =
          driver.result(
              () -> (int) driver.moduleLoadData.invokeExact(pointer, text, 2, options, values));
      String told = log.asSlice(0, LOG_BYTES - 1).getString(0).strip();
      driver.check(
          told.isEmpty() ? "compiling kernels" : "compiling kernels (" + told + ")", result);
      return pointer.get(ADDRESS, 0);
    }
  }

  @Override
  public Kernel kernel(String name) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment pointer = call.allocate(ADDRESS);
      MemorySegment text = call.allocateFrom(name);
      device.call(
          "finding the kernel " + name,
          () -> (int) driver.moduleGetFunction.invokeExact(pointer, module, text));
      MemorySegment function = pointer.get(ADDRESS, 0);
      allowSharedMemory(call, name, function);
      if (overlapping.contains(name)) {
        divideAlike(name, function);
      }
      return new Kernel(
          name,
          function.address(),
          parameters.getOrDefault(name, Kernel.UNKNOWN),
          overlapping.contains(name));
    }
  }

  /** All that a block can have, once and here, so that a launch does nothing but launch. */
  private void allowSharedMemory(Arena call, String name, MemorySegment function) {
    MemorySegment integer = call.allocate(JAVA_INT);
    device.call(
        "asking for shared memory of " + name,
        () -> (int) driver.functionGetAttribute.invokeExact(integer, SHARED_SIZE_BYTES, function));
    int most = device.mostSharedMemory() - integer.get(JAVA_INT, 0);
    device.call(
        "allowing %,d bytes of shared memory for %s".formatted(most, name),
        () ->
            (int)
                driver.functionSetAttribute.invokeExact(
                    function, MAX_DYNAMIC_SHARED_SIZE_BYTES, most));
  }

  /**
   * The division between shared memory and cache is the same for kernels that overlap: a
   * multiprocessor changes it only when nothing runs there. Others keep the cache; attention of 256
   * rows took a quarter longer without.
   */
  private void divideAlike(String name, MemorySegment function) {
    device.call(
        "dividing the cache for " + name,
        () ->
            (int)
                driver.functionSetAttribute.invokeExact(
                    function, PREFERRED_SHARED_MEMORY_CARVEOUT, WHOLE_CARVEOUT));
  }

  @Override
  public void close() {
    device.call("unloading kernels", () -> (int) driver.moduleUnload.invokeExact(module));
  }
}
