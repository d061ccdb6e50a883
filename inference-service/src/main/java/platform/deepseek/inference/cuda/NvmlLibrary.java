package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * The functions of NVML that are called here, by their symbols. Every one returns an nvmlReturn_t.
 * The library stays loaded and started until the process ends.
 */
final class NvmlLibrary {

  private static final Linker LINKER = Linker.nativeLinker();
  private static final int LONGEST_TEXT = 1024;
  private static final int NO_SUCH_FUNCTION = 13;

  private final SymbolLookup library;
  private final MethodHandle errorString;

  final MethodHandle handleByBusAddress;
  final MethodHandle deviceName;
  final MethodHandle utilizationRates;
  final MethodHandle memoryInfo;
  final MethodHandle powerUsage;
  final MethodHandle totalEnergy;
  final MethodHandle temperature;
  final MethodHandle totalErrors;
  final MethodHandle clock;
  final MethodHandle clockReasons;

  private NvmlLibrary(SymbolLookup library) {
    this.library = library;
    errorString =
        LINKER.downcallHandle(
            library
                .find("nvmlErrorString")
                .orElseThrow(() -> new CudaException(-1, "this is not NVML: no nvmlErrorString")),
            FunctionDescriptor.of(ADDRESS, JAVA_INT));
    handleByBusAddress = function("nvmlDeviceGetHandleByPciBusId_v2", ADDRESS, ADDRESS);
    deviceName = function("nvmlDeviceGetName", ADDRESS, ADDRESS, JAVA_INT);
    utilizationRates = function("nvmlDeviceGetUtilizationRates", ADDRESS, ADDRESS);
    memoryInfo = function("nvmlDeviceGetMemoryInfo", ADDRESS, ADDRESS);
    powerUsage = function("nvmlDeviceGetPowerUsage", ADDRESS, ADDRESS);
    totalEnergy = function("nvmlDeviceGetTotalEnergyConsumption", ADDRESS, ADDRESS);
    temperature = function("nvmlDeviceGetTemperature", ADDRESS, JAVA_INT, ADDRESS);
    totalErrors = function("nvmlDeviceGetTotalEccErrors", ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    clock = function("nvmlDeviceGetClockInfo", ADDRESS, JAVA_INT, ADDRESS);
    clockReasons = function("nvmlDeviceGetCurrentClocksThrottleReasons", ADDRESS, ADDRESS);
  }

  /** Loads the library and starts it. */
  static NvmlLibrary load(String file) {
    SymbolLookup library;
    try {
      library = SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new CudaException(
          ("NVML, which comes with NVIDIA's driver, cannot be loaded: no %s; in a container allow"
                  + " the driver capability \"utility\"")
              .formatted(file),
          e);
    }
    NvmlLibrary nvml = new NvmlLibrary(library);
    MethodHandle init = nvml.function("nvmlInit_v2");
    nvml.require("starting NVML", () -> (int) init.invokeExact());
    return nvml;
  }

  /** The function, or for a driver that has none one that says so like NVML does. */
  private MethodHandle function(String symbol, MemoryLayout... arguments) {
    FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_INT, arguments);
    return library
        .find(symbol)
        .map(address -> LINKER.downcallHandle(address, descriptor))
        .orElseGet(
            () ->
                MethodHandles.dropArguments(
                    MethodHandles.constant(int.class, NO_SUCH_FUNCTION),
                    0,
                    descriptor.toMethodType().parameterList()));
  }

  /** A call of NVML. */
  interface Call {
    int call() throws Throwable;
  }

  /** Whether a call brought a value: not every device has every sensor. */
  boolean supported(Call call) {
    return result(call) == 0;
  }

  /** Runs a call; a result other than success becomes a {@link CudaException}. */
  void require(String what, Call call) {
    int result = result(call);
    if (result != 0) {
      throw new CudaException(
          result, "%s failed with NVML's error %d, %s".formatted(what, result, text(result)));
    }
  }

  private static int result(Call call) {
    try {
      return call.call();
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  private String text(int result) {
    try {
      MemorySegment text = (MemorySegment) errorString.invokeExact(result);
      return text.reinterpret(LONGEST_TEXT).getString(0);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}
