package platform.deepseek.inference.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A tensor over memory of ours; the memory must outlive it. */
public final class OrtTensor {

  final MemorySegment handle;

  private OrtTensor(MemorySegment handle) {
    this.handle = handle;
  }

  /**
   * @param arena releases the tensor (not the data)
   * @param data at least the bytes of the shape
   */
  public static OrtTensor over(Arena arena, MemorySegment data, ElementType type, long... shape) {
    long bytes = type.bytes;
    for (long dimension : shape) {
      bytes *= dimension;
    }
    if (bytes > data.byteSize()) {
      throw new IllegalArgumentException(
          "a tensor of %,d bytes over %,d bytes of memory".formatted(bytes, data.byteSize()));
    }
    long size = bytes;
    try (Arena call = Arena.ofConfined()) {
      MemorySegment dimensions = call.allocateFrom(ValueLayout.JAVA_LONG, shape);
      return new OrtTensor(
          OrtStatus.create(
              arena,
              OrtApi.RELEASE_VALUE,
              out ->
                  (MemorySegment)
                      OrtApi.CREATE_TENSOR_WITH_DATA.invokeExact(
                          OrtEnvironment.CPU_MEMORY,
                          data,
                          size,
                          dimensions,
                          (long) shape.length,
                          type.code,
                          out)));
    }
  }
}
