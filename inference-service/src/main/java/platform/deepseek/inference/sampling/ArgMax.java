package platform.deepseek.inference.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The largest of a row of float32 values, the smaller index on a tie; NaN never wins, and index 0
 * is the answer when nothing is above minus infinity. One pass finds each block's maximum with
 * vectors, and only the winning block is searched for the place.
 */
final class ArgMax {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int BLOCK = 4096;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private ArgMax() {}

  static int of(MemorySegment values, int length) {
    float best = Float.NEGATIVE_INFINITY;
    int bestBlock = 0;
    for (int from = 0; from < length; from += BLOCK) {
      float max = max(values, from, Math.min(length, from + BLOCK));
      if (max > best) {
        best = max;
        bestBlock = from;
      }
    }
    if (best == Float.NEGATIVE_INFINITY) {
      return 0;
    }
    return indexOf(values, best, bestBlock, Math.min(length, bestBlock + BLOCK));
  }

  private static float max(MemorySegment values, int from, int to) {
    var a = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    var b = a;
    int i = from;
    for (; i <= to - 2 * LANES; i += 2 * LANES) {
      FloatVector x = load(values, i);
      FloatVector y = load(values, i + LANES);
      // Not lanewise max: that one lets NaN win.
      a = a.blend(x, x.compare(VectorOperators.GT, a));
      b = b.blend(y, y.compare(VectorOperators.GT, b));
    }
    float max = a.max(b).reduceLanes(VectorOperators.MAX);
    for (; i < to; i++) {
      float value = get(values, i);
      max = value > max ? value : max;
    }
    return max;
  }

  private static int indexOf(MemorySegment values, float wanted, int from, int to) {
    int i = from;
    for (; i <= to - LANES; i += LANES) {
      var found = load(values, i).compare(VectorOperators.EQ, wanted);
      if (found.anyTrue()) {
        return i + found.firstTrue();
      }
    }
    for (; i < to; i++) {
      if (get(values, i) == wanted) {
        return i;
      }
    }
    throw new AssertionError("the block's largest value " + wanted + " is not in it");
  }

  private static FloatVector load(MemorySegment values, int i) {
    return FloatVector.fromMemorySegment(
        SPECIES, values, (long) i * Float.BYTES, ByteOrder.LITTLE_ENDIAN);
  }

  private static float get(MemorySegment values, int i) {
    return values.get(FLOAT, (long) i * Float.BYTES);
  }
}
