package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of float32 to blocks of 32 integers, a scale and the scaled sum: the activations of {@link
 * BlockFormat}. A value is rounded to the nearest integer, ties to even, by adding 1.5 * 2^23.
 */
final class RowQuantizer {

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_64;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_128;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final float ROUND = 12_582_912f;
  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private RowQuantizer() {}

  /** One row of {@code inputs} float32 at {@code source} to {@code target}, both addresses. */
  static void quantize(
      BlockFormat format, MemorySegment memory, long source, long target, int inputs) {
    for (int block = 0; block < inputs / BlockFormat.BLOCK; block++) {
      switch (format) {
        case INT4 -> toBytes(memory, source, target, format.scaleOffset());
        case INT8 -> toShorts(memory, source, target, format.scaleOffset());
      }
      source += BlockFormat.BLOCK * Float.BYTES;
      target += format.activationBytes;
    }
  }

  private static void toBytes(MemorySegment memory, long source, long target, int scaleOffset) {
    FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, source, ORDER);
    FloatVector b = FloatVector.fromMemorySegment(FLOATS, memory, source + 32, ORDER);
    FloatVector c = FloatVector.fromMemorySegment(FLOATS, memory, source + 64, ORDER);
    FloatVector d = FloatVector.fromMemorySegment(FLOATS, memory, source + 96, ORDER);
    float largest = largest(a, b, c, d);
    float inverse = largest == 0 ? 0 : 127 / largest;
    IntVector qa = round(a, inverse);
    IntVector qb = round(b, inverse);
    IntVector qc = round(c, inverse);
    IntVector qd = round(d, inverse);
    ((ByteVector) qa.convertShape(VectorOperators.I2B, BYTES, 0))
        .intoMemorySegment(memory, target, ORDER);
    ((ByteVector) qb.convertShape(VectorOperators.I2B, BYTES, 0))
        .intoMemorySegment(memory, target + 8, ORDER);
    ((ByteVector) qc.convertShape(VectorOperators.I2B, BYTES, 0))
        .intoMemorySegment(memory, target + 16, ORDER);
    ((ByteVector) qd.convertShape(VectorOperators.I2B, BYTES, 0))
        .intoMemorySegment(memory, target + 24, ORDER);
    int sum = qa.add(qb).add(qc.add(qd)).reduceLanes(VectorOperators.ADD);
    putScale(memory, target + scaleOffset, largest / 127, sum);
  }

  private static void toShorts(MemorySegment memory, long source, long target, int scaleOffset) {
    FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, source, ORDER);
    FloatVector b = FloatVector.fromMemorySegment(FLOATS, memory, source + 32, ORDER);
    FloatVector c = FloatVector.fromMemorySegment(FLOATS, memory, source + 64, ORDER);
    FloatVector d = FloatVector.fromMemorySegment(FLOATS, memory, source + 96, ORDER);
    float largest = largest(a, b, c, d);
    float inverse = largest == 0 ? 0 : 32_767 / largest;
    IntVector qa = round(a, inverse);
    IntVector qb = round(b, inverse);
    IntVector qc = round(c, inverse);
    IntVector qd = round(d, inverse);
    ((ShortVector) qa.convertShape(VectorOperators.I2S, SHORTS, 0))
        .intoMemorySegment(memory, target, ORDER);
    ((ShortVector) qb.convertShape(VectorOperators.I2S, SHORTS, 0))
        .intoMemorySegment(memory, target + 16, ORDER);
    ((ShortVector) qc.convertShape(VectorOperators.I2S, SHORTS, 0))
        .intoMemorySegment(memory, target + 32, ORDER);
    ((ShortVector) qd.convertShape(VectorOperators.I2S, SHORTS, 0))
        .intoMemorySegment(memory, target + 48, ORDER);
    int sum = qa.add(qb).add(qc.add(qd)).reduceLanes(VectorOperators.ADD);
    putScale(memory, target + scaleOffset, largest / 32_767, sum);
  }

  private static float largest(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    return a.abs().max(b.abs()).max(c.abs().max(d.abs())).reduceLanes(VectorOperators.MAX);
  }

  private static IntVector round(FloatVector values, float inverse) {
    return values.mul(inverse).add(ROUND).reinterpretAsInts().sub(ROUND_BITS);
  }

  private static void putScale(MemorySegment memory, long at, float scale, int sum) {
    memory.set(ValueLayout.JAVA_FLOAT, at, scale);
    memory.set(ValueLayout.JAVA_FLOAT, at + 4, scale * sum);
  }
}
