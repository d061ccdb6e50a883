package platform.deepseek.inference.ops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Rows of float32 in native memory, as kernels take them: by address. */
record Rows(MemorySegment memory) {

  /** All addresses of the process: what the functions under test are given beside an address. */
  static final MemorySegment EVERYWHERE = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  static Rows of(Arena arena, float... values) {
    Rows rows = zeros(arena, values.length);
    MemorySegment.copy(values, 0, rows.memory, ValueLayout.JAVA_FLOAT, 0, values.length);
    return rows;
  }

  static Rows zeros(Arena arena, int count) {
    return new Rows(arena.allocate(4L * count, 64));
  }

  static Rows gaussian(Arena arena, Random random, int count) {
    return of(arena, gaussian(random, count));
  }

  static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  long address() {
    return memory.address();
  }

  float[] values() {
    return memory.toArray(ValueLayout.JAVA_FLOAT);
  }

  /** Raw bits, in which -0 is not 0: what "bit for bit" compares. */
  int[] bits() {
    return memory.toArray(ValueLayout.JAVA_INT);
  }
}
