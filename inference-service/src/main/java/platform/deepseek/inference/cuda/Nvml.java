package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import platform.deepseek.inference.cuda.GpuReading.Slowdown;

/**
 * A GPU's sensors through NVML, NVIDIA's management library, which comes with the driver.
 *
 * <p>NVML counts all GPUs of the machine, CUDA those that CUDA_VISIBLE_DEVICES shows, in its own
 * order; the address on the PCI bus is what both call a device by.
 */
public final class Nvml implements GpuMonitor {

  static final String LIBRARY = "libnvidia-ml.so.1";

  private static final int LONGEST_NAME = 96;
  private static final int SENSOR_CHIP = 0;
  private static final int CORRECTED = 0;
  private static final int UNCORRECTED = 1;
  private static final int SINCE_DRIVER_LOADED = 0;
  private static final int CLOCK_MULTIPROCESSORS = 1;
  private static final int CLOCK_MEMORY = 2;
  private static final double PERCENT = 1e-2;
  private static final double MILLI = 1e-3;
  private static final double MEGA = 1e6;

  private final NvmlLibrary library;
  private final MemorySegment device;
  private final String name;

  private Nvml(NvmlLibrary library, MemorySegment device, String name) {
    this.library = library;
    this.device = device;
    this.name = name;
  }

  /**
   * The sensors of a GPU.
   *
   * @param number CUDA's, from 0
   * @throws CudaException no driver, no such GPU, or NVML cannot be used; says which
   */
  public static Nvml open(int number) {
    return open(LIBRARY, BusAddress.of(CudaDriver.LIBRARY, number));
  }

  static Nvml open(String file, String busAddress) {
    NvmlLibrary library = NvmlLibrary.load(file);
    try (Arena call = Arena.ofConfined()) {
      MemorySegment pointer = call.allocate(ADDRESS);
      library.require(
          "finding the GPU at " + busAddress,
          () ->
              (int) library.handleByBusAddress.invokeExact(call.allocateFrom(busAddress), pointer));
      MemorySegment device = pointer.get(ADDRESS, 0);
      MemorySegment text = call.allocate(LONGEST_NAME);
      library.require(
          "asking the GPU's name",
          () -> (int) library.deviceName.invokeExact(device, text, LONGEST_NAME));
      return new Nvml(library, device, text.getString(0));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public GpuReading read() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(JAVA_LONG, 3);
      boolean rates =
          library.supported(() -> (int) library.utilizationRates.invokeExact(device, out));
      OptionalDouble busy = rates ? percent(out, 0) : OptionalDouble.empty();
      OptionalDouble memoryBusy = rates ? percent(out, 1) : OptionalDouble.empty();
      // total, free, used
      boolean memory = library.supported(() -> (int) library.memoryInfo.invokeExact(device, out));
      OptionalLong total = memory ? whole(out, 0) : OptionalLong.empty();
      OptionalLong used = memory ? whole(out, 2) : OptionalLong.empty();
      return new GpuReading(
          busy,
          memoryBusy,
          used,
          total,
          integer(out, MILLI, () -> (int) library.powerUsage.invokeExact(device, out)),
          longInteger(out, () -> (int) library.totalEnergy.invokeExact(device, out)).stream()
              .mapToDouble(millijoules -> millijoules * MILLI)
              .findFirst(),
          integer(out, 1, () -> (int) library.temperature.invokeExact(device, SENSOR_CHIP, out)),
          errors(out, CORRECTED),
          errors(out, UNCORRECTED),
          clock(out, CLOCK_MULTIPROCESSORS),
          clock(out, CLOCK_MEMORY),
          slowdowns(out));
    }
  }

  private OptionalLong errors(MemorySegment out, int kind) {
    return longInteger(
        out, () -> (int) library.totalErrors.invokeExact(device, kind, SINCE_DRIVER_LOADED, out));
  }

  private OptionalDouble clock(MemorySegment out, int which) {
    return integer(out, MEGA, () -> (int) library.clock.invokeExact(device, which, out));
  }

  private Optional<Set<Slowdown>> slowdowns(MemorySegment out) {
    return longInteger(out, () -> (int) library.clockReasons.invokeExact(device, out)).stream()
        .mapToObj(Nvml::slowdowns)
        .findFirst();
  }

  /** The reasons whose bits are set. */
  static Set<Slowdown> slowdowns(long bits) {
    return Arrays.stream(Slowdown.values())
        .filter(reason -> (bits & reason.bit) != 0)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Slowdown.class)));
  }

  private OptionalDouble integer(MemorySegment out, double unit, NvmlLibrary.Call call) {
    return library.supported(call)
        ? OptionalDouble.of(Integer.toUnsignedLong(out.get(JAVA_INT, 0)) * unit)
        : OptionalDouble.empty();
  }

  private OptionalLong longInteger(MemorySegment out, NvmlLibrary.Call call) {
    return library.supported(call) ? whole(out, 0) : OptionalLong.empty();
  }

  private static OptionalDouble percent(MemorySegment out, int index) {
    return OptionalDouble.of(out.getAtIndex(JAVA_INT, index) * PERCENT);
  }

  private static OptionalLong whole(MemorySegment out, int index) {
    return OptionalLong.of(out.getAtIndex(JAVA_LONG, index));
  }
}
