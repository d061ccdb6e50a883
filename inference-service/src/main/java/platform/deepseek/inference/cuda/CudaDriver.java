package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of CUDA's driver API that are called here, by their symbols in libcuda.so.1 (a name
 * with _v2 is what cuda.h's plain name stands for today). Every one returns a CUresult.
 */
final class CudaDriver {

  static final String LIBRARY = "libcuda.so.1";

  /** The result of asking about work that is under way. */
  static final int NOT_READY = 600;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final int LONGEST_TEXT = 1024;
  private static final FunctionDescriptor LAUNCH_KERNEL_EX =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS);

  private final SymbolLookup library;
  private final MethodHandle getErrorName;
  private final MethodHandle getErrorString;

  final MethodHandle deviceGetCount;
  final MethodHandle deviceGet;
  final MethodHandle deviceGetName;
  final MethodHandle deviceGetAttribute;
  final MethodHandle primaryContextRetain;
  final MethodHandle primaryContextRelease;
  final MethodHandle contextSetCurrent;
  final MethodHandle memoryGetInfo;
  final MethodHandle memoryAllocate;
  final MethodHandle memoryFree;
  final MethodHandle hostAllocate;
  final MethodHandle hostFree;
  final MethodHandle streamCreate;
  final MethodHandle streamDestroy;
  final MethodHandle streamSynchronize;
  final MethodHandle streamBeginCapture;
  final MethodHandle streamEndCapture;
  final MethodHandle graphInstantiate;
  final MethodHandle graphLaunch;
  final MethodHandle graphDestroy;
  final MethodHandle graphExecutableDestroy;
  final MethodHandle copyHostToDevice;
  final MethodHandle copyDeviceToHost;
  final MethodHandle copyDeviceToDevice;
  final MethodHandle set8;
  final MethodHandle setRows8;
  final MethodHandle moduleLoadData;
  final MethodHandle moduleGetFunction;
  final MethodHandle moduleUnload;
  final MethodHandle functionGetAttribute;
  final MethodHandle functionSetAttribute;
  final MethodHandle launchKernel;

  /** Null in drivers before CUDA 11.8's. */
  final MethodHandle launchKernelEx;

  final MethodHandle driverGetVersion;
  final MethodHandle eventCreate;
  final MethodHandle eventRecord;
  final MethodHandle eventSynchronize;
  final MethodHandle eventQuery;
  final MethodHandle eventDestroy;
  final MethodHandle memoryGetGranularity;
  final MethodHandle addressReserve;
  final MethodHandle addressFree;
  final MethodHandle memoryCreate;
  final MethodHandle memoryRelease;
  final MethodHandle memoryMap;
  final MethodHandle memorySetAccess;
  final MethodHandle memoryUnmap;

  private CudaDriver(SymbolLookup library) {
    this.library = library;
    getErrorName = function("cuGetErrorName", JAVA_INT, ADDRESS);
    getErrorString = function("cuGetErrorString", JAVA_INT, ADDRESS);
    deviceGetCount = function("cuDeviceGetCount", ADDRESS);
    deviceGet = function("cuDeviceGet", ADDRESS, JAVA_INT);
    deviceGetName = function("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT);
    deviceGetAttribute = function("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
    primaryContextRetain = function("cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT);
    primaryContextRelease = function("cuDevicePrimaryCtxRelease_v2", JAVA_INT);
    contextSetCurrent = function("cuCtxSetCurrent", ADDRESS);
    memoryGetInfo = function("cuMemGetInfo_v2", ADDRESS, ADDRESS);
    memoryAllocate = function("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
    memoryFree = function("cuMemFree_v2", JAVA_LONG);
    hostAllocate = function("cuMemHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
    hostFree = function("cuMemFreeHost", ADDRESS);
    streamCreate = function("cuStreamCreate", ADDRESS, JAVA_INT);
    streamDestroy = function("cuStreamDestroy_v2", ADDRESS);
    streamSynchronize = function("cuStreamSynchronize", ADDRESS);
    streamBeginCapture = function("cuStreamBeginCapture_v2", ADDRESS, JAVA_INT);
    streamEndCapture = function("cuStreamEndCapture", ADDRESS, ADDRESS);
    graphInstantiate = function("cuGraphInstantiateWithFlags", ADDRESS, ADDRESS, JAVA_LONG);
    graphLaunch = function("cuGraphLaunch", ADDRESS, ADDRESS);
    graphDestroy = function("cuGraphDestroy", ADDRESS);
    graphExecutableDestroy = function("cuGraphExecDestroy", ADDRESS);
    copyHostToDevice = function("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
    copyDeviceToHost = function("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);
    copyDeviceToDevice = function("cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
    set8 = function("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, ADDRESS);
    setRows8 =
        function(
            "cuMemsetD2D8Async", JAVA_LONG, JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG, ADDRESS);
    moduleLoadData = function("cuModuleLoadDataEx", ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
    moduleGetFunction = function("cuModuleGetFunction", ADDRESS, ADDRESS, ADDRESS);
    moduleUnload = function("cuModuleUnload", ADDRESS);
    functionGetAttribute = function("cuFuncGetAttribute", ADDRESS, JAVA_INT, ADDRESS);
    functionSetAttribute = function("cuFuncSetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
    launchKernel =
        function(
            "cuLaunchKernel",
            ADDRESS,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            ADDRESS,
            ADDRESS,
            ADDRESS);
    launchKernelEx =
        library
            .find("cuLaunchKernelEx")
            .map(address -> LINKER.downcallHandle(address, LAUNCH_KERNEL_EX))
            .orElse(null);
    driverGetVersion = function("cuDriverGetVersion", ADDRESS);
    eventCreate = function("cuEventCreate", ADDRESS, JAVA_INT);
    eventRecord = function("cuEventRecord", ADDRESS, ADDRESS);
    eventSynchronize = function("cuEventSynchronize", ADDRESS);
    eventQuery = function("cuEventQuery", ADDRESS);
    eventDestroy = function("cuEventDestroy_v2", ADDRESS);
    memoryGetGranularity = function("cuMemGetAllocationGranularity", ADDRESS, ADDRESS, JAVA_INT);
    addressReserve =
        function("cuMemAddressReserve", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    addressFree = function("cuMemAddressFree", JAVA_LONG, JAVA_LONG);
    memoryCreate = function("cuMemCreate", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
    memoryRelease = function("cuMemRelease", JAVA_LONG);
    memoryMap = function("cuMemMap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    memorySetAccess = function("cuMemSetAccess", JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
    memoryUnmap = function("cuMemUnmap", JAVA_LONG, JAVA_LONG);
  }

  /** Loads the driver's library and starts the driver. */
  static CudaDriver load(String file) {
    SymbolLookup library;
    try {
      library = SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new CudaException(
          ("DEVICE=cuda needs NVIDIA's driver and %s cannot be loaded: install the driver (525 or"
                  + " newer), start the container with the GPU, or set DEVICE=cpu")
              .formatted(file),
          e);
    }
    CudaDriver driver = new CudaDriver(library);
    MethodHandle init = driver.function("cuInit", JAVA_INT);
    driver.check("cuInit", () -> (int) init.invokeExact(0));
    return driver;
  }

  MethodHandle function(String symbol, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        library
            .find(symbol)
            .orElseThrow(
                () ->
                    new CudaException(
                        -1,
                        "NVIDIA's driver has no %s; install driver 525 or newer"
                            .formatted(symbol))),
        FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /** A call of the driver. */
  interface Call {
    int call() throws Throwable;
  }

  /** Runs a call and returns the driver's result. */
  int result(Call call) {
    try {
      return call.call();
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** Runs a call; a result other than success becomes a {@link CudaException}. */
  void check(String what, Call call) {
    check(what, result(call));
  }

  /** A result other than success becomes a {@link CudaException}. */
  void check(String what, int result) {
    if (result != 0) {
      String name = text(getErrorName, result);
      throw new CudaException(
          result,
          "%s failed with %s (%d, %s): %s"
              .formatted(
                  what, name, result, text(getErrorString, result), CudaException.advice(name)));
    }
  }

  private static String text(MethodHandle function, int result) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      int unknown = (int) function.invokeExact(result, out);
      return unknown != 0
          ? "unknown error"
          : out.get(ADDRESS, 0).reinterpret(LONGEST_TEXT).getString(0);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}
