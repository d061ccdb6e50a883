package platform.deepseek.inference.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
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
 * The functions of ONNX Runtime's C API that the engine calls, bound by their place in the OrtApi
 * table. The table only ever grows, so a place is for ever. Nothing is validated here: {@link
 * OrtStatus} turns a returned status into an exception, the classes around it own the handles.
 */
final class OrtApi {

  /** ORT_API_VERSION of {@link OrtLibrary#VERSION}. */
  static final int API_VERSION = 29;

  private static final int TABLE_SIZE = 425;
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemorySegment TABLE = table();

  static final MethodHandle CREATE_STATUS = function(0, JAVA_INT, ADDRESS);
  static final MethodHandle GET_ERROR_CODE =
      LINKER.downcallHandle(address(1), FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle GET_ERROR_MESSAGE = function(2, ADDRESS);
  static final MethodHandle CREATE_ENV = function(3, JAVA_INT, ADDRESS, ADDRESS);
  static final MethodHandle CREATE_SESSION_FROM_ARRAY =
      function(8, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
  static final MethodHandle CREATE_SESSION_OPTIONS = function(10, ADDRESS);
  static final MethodHandle DISABLE_MEMORY_PATTERN = function(17, ADDRESS);
  static final MethodHandle SET_INTRA_OP_NUM_THREADS = function(24, ADDRESS, JAVA_INT);
  static final MethodHandle CREATE_CUSTOM_OP_DOMAIN = function(26, ADDRESS, ADDRESS);
  static final MethodHandle CUSTOM_OP_DOMAIN_ADD = function(27, ADDRESS, ADDRESS);
  static final MethodHandle ADD_CUSTOM_OP_DOMAIN = function(28, ADDRESS, ADDRESS);
  static final MethodHandle CREATE_RUN_OPTIONS = function(39, ADDRESS);
  static final MethodHandle CREATE_TENSOR_WITH_DATA =
      function(49, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
  static final MethodHandle GET_TENSOR_MUTABLE_DATA = function(51, ADDRESS, ADDRESS);
  static final MethodHandle CREATE_MEMORY_INFO =
      function(68, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
  static final MethodHandle CREATE_CPU_MEMORY_INFO = function(69, JAVA_INT, JAVA_INT, ADDRESS);
  static final MethodHandle KERNEL_INFO_GET_INT = function(86, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle KERNEL_CONTEXT_GET_INPUT = function(90, ADDRESS, JAVA_LONG, ADDRESS);
  static final MethodHandle KERNEL_CONTEXT_GET_OUTPUT =
      function(91, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
  static final MethodHandle RELEASE_ENV = release(92);
  static final MethodHandle RELEASE_STATUS = release(93);
  static final MethodHandle RELEASE_MEMORY_INFO = release(94);
  static final MethodHandle RELEASE_SESSION = release(95);
  static final MethodHandle RELEASE_VALUE = release(96);
  static final MethodHandle RELEASE_RUN_OPTIONS = release(97);
  static final MethodHandle RELEASE_SESSION_OPTIONS = release(100);
  static final MethodHandle RELEASE_CUSTOM_OP_DOMAIN = release(101);
  static final MethodHandle ADD_SESSION_CONFIG_ENTRY = function(130, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle RUN_WITH_BINDING = function(133, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle CREATE_IO_BINDING = function(134, ADDRESS, ADDRESS);
  static final MethodHandle RELEASE_IO_BINDING = release(135);
  static final MethodHandle BIND_INPUT = function(136, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle BIND_OUTPUT = function(137, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle ADD_INITIALIZER = function(150, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle ADD_RUN_CONFIG_ENTRY = function(165, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle APPEND_CUDA_PROVIDER = function(204, ADDRESS, ADDRESS);
  static final MethodHandle CREATE_CUDA_PROVIDER_OPTIONS = function(205, ADDRESS);
  static final MethodHandle UPDATE_CUDA_PROVIDER_OPTIONS =
      function(206, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
  static final MethodHandle RELEASE_CUDA_PROVIDER_OPTIONS = release(208);
  static final MethodHandle UPDATE_CUDA_PROVIDER_OPTION_WITH_VALUE =
      function(263, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle KERNEL_CONTEXT_PARALLEL_FOR =
      function(274, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);
  static final MethodHandle GET_TYPE_AND_SHAPE_REFERENCE =
      function(414, ADDRESS, ADDRESS, ADDRESS, ADDRESS);

  private OrtApi() {}

  private static MemorySegment table() {
    SymbolLookup library = OrtLibrary.load();
    try {
      var getApiBase =
          LINKER.downcallHandle(
              library.findOrThrow("OrtGetApiBase"), FunctionDescriptor.of(ADDRESS));
      var base = ((MemorySegment) getApiBase.invokeExact()).reinterpret(2 * ADDRESS.byteSize());
      var getApi =
          LINKER.downcallHandle(base.get(ADDRESS, 0), FunctionDescriptor.of(ADDRESS, JAVA_INT));
      var getVersion =
          LINKER.downcallHandle(
              base.get(ADDRESS, ADDRESS.byteSize()), FunctionDescriptor.of(ADDRESS));
      var table = (MemorySegment) getApi.invokeExact(API_VERSION);
      if (table.address() == 0) {
        String found = ((MemorySegment) getVersion.invokeExact()).reinterpret(64).getString(0);
        throw new OrtException(
            -1,
            "ONNX Runtime %s does not offer API version %d; use version %s or newer"
                .formatted(found, API_VERSION, OrtLibrary.VERSION));
      }
      return table.reinterpret(TABLE_SIZE * ADDRESS.byteSize());
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** A function that returns an OrtStatus* (or another pointer). */
  private static MethodHandle function(int place, MemoryLayout... arguments) {
    return LINKER.downcallHandle(address(place), FunctionDescriptor.of(ADDRESS, arguments));
  }

  private static MethodHandle release(int place) {
    return LINKER.downcallHandle(address(place), FunctionDescriptor.ofVoid(ADDRESS));
  }

  private static MemorySegment address(int place) {
    return TABLE.getAtIndex(ADDRESS, place);
  }

  /** A C string that lives as long as the process. */
  static MemorySegment permanent(String text) {
    return Arena.global().allocateFrom(text);
  }
}
