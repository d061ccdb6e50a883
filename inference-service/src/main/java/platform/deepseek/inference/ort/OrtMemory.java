package platform.deepseek.inference.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where a tensor's data lies. One per place and process. */
public final class OrtMemory {

  /** The processor's memory. */
  public static final OrtMemory CPU = new OrtMemory(OrtEnvironment.CPU_MEMORY);

  private static final int DEVICE_ALLOCATOR = 0;
  private static final int MEMORY_DEFAULT = 0;
  private static final Map<Integer, OrtMemory> CUDA = new ConcurrentHashMap<>();

  final MemorySegment handle;

  private OrtMemory(MemorySegment handle) {
    this.handle = handle;
  }

  /**
   * The memory of an NVIDIA GPU.
   *
   * @param device CUDA's number of it
   */
  public static OrtMemory cuda(int device) {
    return CUDA.computeIfAbsent(
        device,
        number ->
            new OrtMemory(
                OrtStatus.create(
                    Arena.global(),
                    OrtApi.RELEASE_MEMORY_INFO,
                    out ->
                        (MemorySegment)
                            OrtApi.CREATE_MEMORY_INFO.invokeExact(
                                OrtApi.permanent("Cuda"),
                                DEVICE_ALLOCATOR,
                                (int) number,
                                MEMORY_DEFAULT,
                                out))));
  }
}
