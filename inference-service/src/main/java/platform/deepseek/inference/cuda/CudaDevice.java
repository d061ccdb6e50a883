package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An NVIDIA GPU through its primary context, which is the one that ONNX Runtime uses too: addresses
 * and streams mean the same on both sides.
 *
 * <p>A context is current per thread, so every call makes it so first: that takes the driver some
 * nanoseconds, and the thread that loads a model is not the one that runs it.
 */
public final class CudaDevice implements Device {

  private static final int LONGEST_NAME = 256;

  /** Waits for the legacy default stream and is waited for: libraries may use that one. */
  private static final int STREAM_DEFAULT = 0;

  /** CUdevice_attribute. */
  private static final int MULTIPROCESSOR_COUNT = 16;

  private static final int COMPUTE_CAPABILITY_MAJOR = 75;
  private static final int COMPUTE_CAPABILITY_MINOR = 76;
  private static final int MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
  private static final int VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED = 102;

  /** Overlapping kernels: what can do it at all, and which driver captures them into graphs. */
  private static final int OVERLAPPING_CAPABILITY = 9;

  private static final int OVERLAPPING_DRIVER = 12_030;

  private final CudaDriver driver;
  private final int handle;
  private final String name;
  private final MemorySegment context;
  private final MemorySegment stream;
  private final Arena arena = Arena.ofShared();
  private final int multiprocessors;
  private final int mostSharedMemory;
  private final boolean overlapsKernels;
  private final Launcher launcher;
  private final VirtualMemory virtualMemory;

  private CudaDevice(
      CudaDriver driver, int handle, String name, MemorySegment context, MemorySegment stream) {
    this.driver = driver;
    this.handle = handle;
    this.name = name;
    this.context = context;
    this.stream = stream;
    this.multiprocessors = attribute(MULTIPROCESSOR_COUNT);
    this.mostSharedMemory = attribute(MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    this.overlapsKernels =
        attribute(COMPUTE_CAPABILITY_MAJOR) >= OVERLAPPING_CAPABILITY
            && driverVersion() >= OVERLAPPING_DRIVER;
    if (attribute(VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED) == 0) {
      throw new CudaException(
          -1,
          "%s cannot map memory page by page here; take a GPU with compute capability 8.0 or newer,"
                  .formatted(name)
              + " not shared by vGPU, or set DEVICE=cpu");
    }
    this.launcher = new Launcher(driver, stream, arena);
    this.virtualMemory = new VirtualMemory(this, driver, handle, arena);
  }

  private int attribute(int attribute) {
    MemorySegment integer = arena.allocate(JAVA_INT);
    call(
        "asking for attribute %d of the GPU".formatted(attribute),
        () -> (int) driver.deviceGetAttribute.invokeExact(integer, attribute, handle));
    return integer.get(JAVA_INT, 0);
  }

  private int driverVersion() {
    MemorySegment integer = arena.allocate(JAVA_INT);
    driver.check(
        "asking for the driver's version",
        () -> (int) driver.driverGetVersion.invokeExact(integer));
    return integer.get(JAVA_INT, 0);
  }

  /**
   * Opens a GPU.
   *
   * @param number CUDA's, from 0; CUDA_VISIBLE_DEVICES renumbers
   * @throws CudaException no driver, no such GPU
   */
  public static CudaDevice open(int number) {
    return open(CudaDriver.LIBRARY, number);
  }

  /**
   * GPUs that are visible.
   *
   * @throws CudaException no driver, or it cannot start
   */
  public static int count() {
    return count(CudaDriver.load(CudaDriver.LIBRARY));
  }

  private static int count(CudaDriver driver) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment integer = call.allocate(JAVA_INT);
      driver.check("counting the GPUs", () -> (int) driver.deviceGetCount.invokeExact(integer));
      return integer.get(JAVA_INT, 0);
    }
  }

  static CudaDevice open(String library, int number) {
    CudaDriver driver = CudaDriver.load(library);
    try (Arena call = Arena.ofConfined()) {
      MemorySegment integer = call.allocate(JAVA_INT);
      int count = count(driver);
      if (number >= count) {
        throw new CudaException(
            -1,
            "GPU %d was asked for and %d are visible, counted from 0; check CUDA_VISIBLE_DEVICES"
                .formatted(number, count));
      }
      driver.check(
          "opening GPU " + number, () -> (int) driver.deviceGet.invokeExact(integer, number));
      int handle = integer.get(JAVA_INT, 0);
      MemorySegment text = call.allocate(LONGEST_NAME);
      driver.check(
          "asking the GPU's name",
          () -> (int) driver.deviceGetName.invokeExact(text, LONGEST_NAME, handle));
      MemorySegment pointer = call.allocate(ADDRESS);
      driver.check(
          "taking the GPU's context",
          () -> (int) driver.primaryContextRetain.invokeExact(pointer, handle));
      MemorySegment context = pointer.get(ADDRESS, 0);
      driver.check(
          "entering the GPU's context", () -> (int) driver.contextSetCurrent.invokeExact(context));
      driver.check(
          "making a stream", () -> (int) driver.streamCreate.invokeExact(pointer, STREAM_DEFAULT));
      return new CudaDevice(driver, handle, text.getString(0), context, pointer.get(ADDRESS, 0));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long freeMemory() {
    return memory(0);
  }

  @Override
  public long totalMemory() {
    return memory(1);
  }

  private long memory(int which) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment free = call.allocate(JAVA_LONG);
      MemorySegment total = call.allocate(JAVA_LONG);
      call("asking for free memory", () -> (int) driver.memoryGetInfo.invokeExact(free, total));
      return (which == 0 ? free : total).get(JAVA_LONG, 0);
    }
  }

  @Override
  public long allocate(long bytes) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment address = call.allocate(JAVA_LONG);
      call(
          "allocating %,d bytes on the GPU".formatted(bytes),
          () -> (int) driver.memoryAllocate.invokeExact(address, bytes));
      return address.get(JAVA_LONG, 0);
    }
  }

  @Override
  public void free(long address) {
    call("freeing memory of the GPU", () -> (int) driver.memoryFree.invokeExact(address));
  }

  @Override
  public MemorySegment pinned(Arena arena, long bytes) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment pointer = call.allocate(ADDRESS);
      call(
          "allocating %,d pinned bytes of host memory".formatted(bytes),
          () -> (int) driver.hostAllocate.invokeExact(pointer, bytes, 0));
      return pointer
          .get(ADDRESS, 0)
          .reinterpret(
              bytes,
              arena,
              memory ->
                  call("freeing pinned memory", () -> (int) driver.hostFree.invokeExact(memory)));
    }
  }

  @Override
  public void upload(long to, MemorySegment from) {
    long bytes = from.byteSize();
    call(
        "copying to the GPU",
        () -> (int) driver.copyHostToDevice.invokeExact(to, from, bytes, stream));
  }

  @Override
  public void download(MemorySegment to, long from) {
    long bytes = to.byteSize();
    call(
        "copying from the GPU",
        () -> (int) driver.copyDeviceToHost.invokeExact(to, from, bytes, stream));
  }

  @Override
  public void copy(long to, long from, long bytes) {
    call(
        "copying within the GPU",
        () -> (int) driver.copyDeviceToDevice.invokeExact(to, from, bytes, stream));
  }

  @Override
  public void clear(long at, long bytes) {
    call(
        "clearing memory of the GPU",
        () -> (int) driver.set8.invokeExact(at, (byte) 0, bytes, stream));
  }

  @Override
  public void clearRows(long at, long pitch, long width, long rows) {
    call(
        "clearing rows of memory of the GPU",
        () -> (int) driver.setRows8.invokeExact(at, pitch, (byte) 0, width, rows, stream));
  }

  @Override
  public KernelModule load(String ptx) {
    return new CudaModule(this, driver, ptx);
  }

  @Override
  public void launch(Kernel kernel, Grid grid, long... arguments) {
    enter();
    launcher.launch(kernel, grid, arguments);
  }

  @Override
  public DeviceGraph capture(Runnable work) {
    return new CudaGraphRecording(this, driver, work);
  }

  @Override
  public Mark mark() {
    return new CudaMark(this, driver);
  }

  @Override
  public int computeCapability() {
    return 10 * attribute(COMPUTE_CAPABILITY_MAJOR) + attribute(COMPUTE_CAPABILITY_MINOR);
  }

  @Override
  public int multiprocessors() {
    return multiprocessors;
  }

  @Override
  public int mostSharedMemory() {
    return mostSharedMemory;
  }

  @Override
  public boolean overlapsKernels() {
    return overlapsKernels;
  }

  @Override
  public long pageBytes() {
    return virtualMemory.pageBytes();
  }

  @Override
  public long reserve(long bytes) {
    return virtualMemory.reserve(bytes);
  }

  @Override
  public void release(long address, long bytes) {
    virtualMemory.release(address, bytes);
  }

  @Override
  public void map(long address, long bytes) {
    virtualMemory.map(address, bytes);
  }

  @Override
  public void unmap(long address, long bytes) {
    virtualMemory.unmap(address, bytes);
  }

  @Override
  public void synchronize() {
    call("the GPU's work", () -> (int) driver.streamSynchronize.invokeExact(stream));
  }

  @Override
  public long stream() {
    return stream.address();
  }

  @Override
  public void close() {
    call("ending the stream", () -> (int) driver.streamDestroy.invokeExact(stream));
    driver.check(
        "leaving the GPU's context", () -> (int) driver.primaryContextRelease.invokeExact(handle));
    arena.close();
  }

  /** Makes the context current for the calling thread. */
  void enter() {
    int result;
    try {
      result = (int) driver.contextSetCurrent.invokeExact(context);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
    if (result != 0) {
      driver.check("entering the GPU's context", result);
    }
  }

  void call(String what, CudaDriver.Call call) {
    enter();
    driver.check(what, call);
  }
}
