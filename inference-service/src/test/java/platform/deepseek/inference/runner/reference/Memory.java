package platform.deepseek.inference.runner.reference;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arrays of float32 or int32 at addresses, as kernels see them. */
final class Memory {

  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Memory() {}

  static float real(long array, long index) {
    return ALL.get(ValueLayout.JAVA_FLOAT, array + index * Float.BYTES);
  }

  static void real(long array, long index, float value) {
    ALL.set(ValueLayout.JAVA_FLOAT, array + index * Float.BYTES, value);
  }

  static int integer(long array, long index) {
    return ALL.get(ValueLayout.JAVA_INT, array + index * Integer.BYTES);
  }

  static void integer(long array, long index, int value) {
    ALL.set(ValueLayout.JAVA_INT, array + index * Integer.BYTES, value);
  }
}
