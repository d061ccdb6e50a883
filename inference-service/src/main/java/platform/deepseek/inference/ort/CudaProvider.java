package platform.deepseek.inference.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime's execution provider for NVIDIA GPUs, with its work on a stream of ours.
 *
 * <p>It is a library of its own that ONNX Runtime looks for in its own folder, and with CUDA's
 * libraries too large for the default build. Where CUDA's libraries lie in that folder too, they
 * are loaded from there, so that no LD_LIBRARY_PATH is needed.
 *
 * @param device CUDA's number of the GPU
 * @param stream address of a CUstream of that device's primary context
 * @param options provider options by ONNX Runtime's names
 */
public record CudaProvider(int device, long stream, Map<String, String> options) {

  private static final String LIBRARY = "libonnxruntime_providers_cuda.so";
  private static final String BRIDGE = "libonnxruntime_providers_shared.so";

  /** In the order in which they need each other. */
  private static final List<String> CUDA_LIBRARIES =
      List.of("libcudart.so.12", "libcublasLt.so.12", "libcublas.so.12", "libcurand.so.10");

  /**
   * Refuses a machine on which the provider's libraries, or CUDA's, are not there.
   *
   * @throws OrtException with the file that is missing and where to get it
   */
  public static void requireInstalled() {
    requireInstalled(OrtLibrary.file());
    loadCudaLibraries(OrtLibrary.file());
  }

  static void requireInstalled(Path library) {
    for (String needed : List.of(BRIDGE, LIBRARY)) {
      if (!Files.exists(library.resolveSibling(needed))) {
        throw new OrtException(
            -1,
            ("DEVICE=cuda needs %s beside %s, and it is not there: unpack the libraries of"
                    + " com.microsoft.onnxruntime:onnxruntime_gpu:%s into a folder, set"
                    + " DEEPSEEK_ORT_LIBRARY to the libonnxruntime.so in it, and put the libraries"
                    + " of CUDA 12 (%s) there or on LD_LIBRARY_PATH")
                .formatted(needed, library, OrtLibrary.VERSION, String.join(", ", CUDA_LIBRARIES)));
      }
    }
  }

  void appendTo(MemorySegment sessionOptions, Arena call) {
    requireInstalled();
    MemorySegment provider =
        OrtStatus.create(
            call,
            OrtApi.RELEASE_CUDA_PROVIDER_OPTIONS,
            out -> (MemorySegment) OrtApi.CREATE_CUDA_PROVIDER_OPTIONS.invokeExact(out));
    List<Map.Entry<String, String>> entries = List.copyOf(options.entrySet());
    MemorySegment keys = call.allocate(ADDRESS, entries.size() + 1L);
    MemorySegment values = call.allocate(ADDRESS, entries.size() + 1L);
    for (int i = 0; i < entries.size(); i++) {
      keys.setAtIndex(ADDRESS, i, call.allocateFrom(entries.get(i).getKey()));
      values.setAtIndex(ADDRESS, i, call.allocateFrom(entries.get(i).getValue()));
    }
    keys.setAtIndex(ADDRESS, entries.size(), call.allocateFrom("device_id"));
    values.setAtIndex(ADDRESS, entries.size(), call.allocateFrom(Integer.toString(device)));
    OrtStatus.check(
        () ->
            (MemorySegment)
                OrtApi.UPDATE_CUDA_PROVIDER_OPTIONS.invokeExact(
                    provider, keys, values, entries.size() + 1L));
    // After the texts, which would reset it.
    MemorySegment streamKey = call.allocateFrom("user_compute_stream");
    OrtStatus.check(
        () ->
            (MemorySegment)
                OrtApi.UPDATE_CUDA_PROVIDER_OPTION_WITH_VALUE.invokeExact(
                    provider, streamKey, MemorySegment.ofAddress(stream)));
    OrtStatus.check(
        () -> (MemorySegment) OrtApi.APPEND_CUDA_PROVIDER.invokeExact(sessionOptions, provider));
  }

  static void loadCudaLibraries(Path library) {
    for (String name : CUDA_LIBRARIES) {
      Path file = library.resolveSibling(name);
      boolean beside = Files.exists(file);
      try {
        if (beside) {
          SymbolLookup.libraryLookup(file, Arena.global());
        } else {
          SymbolLookup.libraryLookup(name, Arena.global());
        }
      } catch (IllegalArgumentException e) {
        throw new OrtException(
            ("cannot load %s; DEVICE=cuda needs CUDA 12's libraries for this machine in the folder"
                    + " of %s or on LD_LIBRARY_PATH")
                .formatted(beside ? file : name, library),
            e);
      }
    }
  }
}
