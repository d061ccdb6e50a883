package platform.deepseek.inference.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A copy of one row of logits that may be changed: [0, size) the vocabulary, the rest up to a
 * multiple of {@link #BLOCK} minus infinity. NaN counts as minus infinity and plus infinity as the
 * largest float, so that a broken model gives a token and not a hang.
 */
final class LogitRow {
  /** Values that are summed together; a multiple of {@link #STRIDE}. */
  static final int BLOCK = 1024;

  /** Lanes of the widest vectors; sums are made in so many parts on every machine. */
  static final int STRIDE = 16;

  static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() <= STRIDE
          ? FloatVector.SPECIES_PREFERRED
          : FloatVector.SPECIES_512;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private float[] values = new float[0];
  private int size;

  void load(MemorySegment logits, int vocabulary) {
    size = vocabulary;
    if (values.length != Math.ceilDiv(size, BLOCK) * BLOCK) {
      values = new float[Math.ceilDiv(size, BLOCK) * BLOCK];
    }
    MemorySegment.copy(logits, FLOAT, 0, values, 0, size);
    Arrays.fill(values, size, values.length, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < values.length; i += SPECIES.length()) {
      var x = FloatVector.fromArray(SPECIES, values, i);
      x.blend(Float.NEGATIVE_INFINITY, x.test(VectorOperators.IS_NAN))
          .min(Float.MAX_VALUE)
          .intoArray(values, i);
    }
  }

  int size() {
    return size;
  }

  /** The values with their padding; not to be kept. */
  float[] values() {
    return values;
  }

  float get(int token) {
    return values[token];
  }

  /** Changes a value, which gets the precision of fp16: a device has its rows in that. */
  void set(int token, float value) {
    float rounded = Float.float16ToFloat(Float.floatToFloat16(value));
    values[token] =
        Float.isNaN(rounded) ? Float.NEGATIVE_INFINITY : Math.min(rounded, Float.MAX_VALUE);
  }

  void apply(LogitMask mask) {
    boolean any = false;
    for (int from = 0; from < size; from += Long.SIZE) {
      long allowed = mask.word(from / Long.SIZE);
      if (size - from < Long.SIZE) {
        allowed &= (1L << (size - from)) - 1;
      }
      any |= allowed != 0;
      forbid(~allowed, from);
    }
    if (!any) {
      throw new IllegalArgumentException("the mask allows none of " + size + " tokens");
    }
  }

  private void forbid(long bits, int from) {
    if (bits == -1L) {
      Arrays.fill(values, from, Math.min(size, from + Long.SIZE), Float.NEGATIVE_INFINITY);
      return;
    }
    for (long rest = bits; rest != 0; rest &= rest - 1) {
      int token = from + Long.numberOfTrailingZeros(rest);
      if (token < size) {
        values[token] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /**
   * The largest value's token, the smaller id on a tie. Not {@link ArgMax}: vector loads from heap
   * and native memory in one method compile to slow code for both.
   */
  int argMax() {
    var largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < values.length; i += SPECIES.length()) {
      largest = largest.max(FloatVector.fromArray(SPECIES, values, i));
    }
    float wanted = largest.reduceLanes(VectorOperators.MAX);
    int i = 0;
    while (true) {
      var found = FloatVector.fromArray(SPECIES, values, i).compare(VectorOperators.EQ, wanted);
      if (found.anyTrue()) {
        return i + found.firstTrue();
      }
      i += SPECIES.length();
    }
  }
}
