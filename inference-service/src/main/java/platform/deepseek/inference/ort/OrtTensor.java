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
    return new OrtTensor(create(arena, OrtMemory.CPU, data, bytes, type, shape));
  }

  /**
   * A tensor over memory known by its address, on the device of {@code memory}. Nothing checks that
   * the shape fits what was allocated there.
   */
  public static OrtTensor at(
      Arena arena, OrtMemory memory, long address, ElementType type, long... shape) {
    long bytes = type.bytes;
    for (long dimension : shape) {
      bytes *= dimension;
    }
    return new OrtTensor(
        create(arena, memory, MemorySegment.ofAddress(address), bytes, type, shape));
  }

  private static MemorySegment create(
      Arena arena,
      OrtMemory memory,
      MemorySegment data,
      long bytes,
      ElementType type,
      long... shape) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment dimensions = call.allocateFrom(ValueLayout.JAVA_LONG, shape);
      return OrtStatus.create(
          arena,
          OrtApi.RELEASE_VALUE,
          out ->
              (MemorySegment)
                  OrtApi.CREATE_TENSOR_WITH_DATA.invokeExact(
                      memory.handle, data, bytes, dimensions, (long) shape.length, type.code, out));
    }
  }
}
