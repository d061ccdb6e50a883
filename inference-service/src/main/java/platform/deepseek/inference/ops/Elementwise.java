package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The functions between the products, on rows of float32 at addresses; lengths are multiples of 8.
 * Lanes are always 8 wide, so a result does not depend on the processor's widest register.
 */
final class Elementwise {

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private static final float LOG2_E = 1.442695041f;
  private static final float LN_2_HIGH = 0.693359375f;
  private static final float LN_2_LOW = -2.12194440e-4f;
  private static final float ROUND = 12_582_912f;

  private Elementwise() {}

  /** target = source / rms(source) * gamma (RMSNorm, arXiv 1910.07467). */
  static void rmsNorm(
      MemorySegment memory, long source, long gamma, long target, int length, float epsilon) {
    FloatVector squares = FloatVector.zero(FLOATS);
    for (int i = 0; i < length; i += FLOATS.length()) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, memory, source + 4L * i, ORDER);
      squares = x.fma(x, squares);
    }
    float mean = sum(squares) / length;
    float factor = (float) (1 / Math.sqrt(mean + epsilon));
    for (int i = 0; i < length; i += FLOATS.length()) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, memory, source + 4L * i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, memory, gamma + 4L * i, ORDER);
      x.mul(factor).mul(g).intoMemorySegment(memory, target + 4L * i, ORDER);
    }
  }

  /** target = gate * sigmoid(gate) * up (SwiGLU, arXiv 2002.05202). */
  static void swiGlu(MemorySegment memory, long gate, long up, long target, int length) {
    for (int i = 0; i < length; i += FLOATS.length()) {
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, memory, gate + 4L * i, ORDER);
      FloatVector u = FloatVector.fromMemorySegment(FLOATS, memory, up + 4L * i, ORDER);
      g.div(exp(g.neg()).add(1f)).mul(u).intoMemorySegment(memory, target + 4L * i, ORDER);
    }
  }

  /**
   * Scores in place to weights that sum to 1: exp(score - largest) / sum. Positions from {@code
   * length} to {@code padded} become 0.
   */
  static void softmax(MemorySegment memory, long scores, int length, int padded) {
    FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int whole = length / FLOATS.length() * FLOATS.length();
    for (int i = 0; i < whole; i += FLOATS.length()) {
      most = most.max(FloatVector.fromMemorySegment(FLOATS, memory, scores + 4L * i, ORDER));
    }
    if (whole < length) {
      most = most.max(tail(memory, scores, whole, length, Float.NEGATIVE_INFINITY));
    }
    float largest = most.reduceLanes(VectorOperators.MAX);
    FloatVector sums = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += FLOATS.length()) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, memory, scores + 4L * i, ORDER);
      FloatVector e = exp(x.sub(largest));
      e.intoMemorySegment(memory, scores + 4L * i, ORDER);
      sums = sums.add(e);
    }
    FloatVector rest = FloatVector.zero(FLOATS);
    if (whole < length) {
      var mask = FLOATS.indexInRange(whole, length);
      rest = exp(tail(memory, scores, whole, length, largest).sub(largest));
      rest = FloatVector.zero(FLOATS).blend(rest, mask);
      sums = sums.add(rest);
    }
    float factor = 1 / sum(sums);
    for (int i = 0; i < whole; i += FLOATS.length()) {
      FloatVector.fromMemorySegment(FLOATS, memory, scores + 4L * i, ORDER)
          .mul(factor)
          .intoMemorySegment(memory, scores + 4L * i, ORDER);
    }
    int next = whole;
    if (whole < length) {
      rest.mul(factor).intoMemorySegment(memory, scores + 4L * whole, ORDER);
      next += FLOATS.length();
    }
    for (; next < padded; next += FLOATS.length()) {
      FloatVector.zero(FLOATS).intoMemorySegment(memory, scores + 4L * next, ORDER);
    }
  }

  /**
   * The lanes added in one fixed order. The Vector API leaves the order of a float sum open, and
   * interpreted and compiled code differ in it: an answer would depend on how warm the process is.
   */
  static float sum(FloatVector v) {
    float even = (v.lane(0) + v.lane(4)) + (v.lane(2) + v.lane(6));
    float odd = (v.lane(1) + v.lane(5)) + (v.lane(3) + v.lane(7));
    return even + odd;
  }

  /** The last lanes of a row; lanes past the end hold {@code filler}. */
  private static FloatVector tail(
      MemorySegment memory, long row, int from, int length, float filler) {
    FloatVector x = FloatVector.fromMemorySegment(FLOATS, memory, row + 4L * from, ORDER);
    return FloatVector.broadcast(FLOATS, filler).blend(x, FLOATS.indexInRange(from, length));
  }

  /**
   * e^x with a relative error below 2e-7: 2^n times a polynomial of degree 6 in the remainder
   * (Cephes). Arguments below -87 give a number near 0, above 88 one near the largest.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector bounded = x.max(-87f).min(88f);
    FloatVector shifted = bounded.mul(LOG2_E).add(ROUND);
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -LN_2_HIGH), bounded);
    r = n.fma(FloatVector.broadcast(FLOATS, -LN_2_LOW), r);
    FloatVector p = FloatVector.broadcast(FLOATS, 1.9875691500e-4f);
    p = p.fma(r, FloatVector.broadcast(FLOATS, 1.3981999507e-3f));
    p = p.fma(r, FloatVector.broadcast(FLOATS, 8.3334519073e-3f));
    p = p.fma(r, FloatVector.broadcast(FLOATS, 4.1665795894e-2f));
    p = p.fma(r, FloatVector.broadcast(FLOATS, 1.6666665459e-1f));
    p = p.fma(r, FloatVector.broadcast(FLOATS, 5.0000001201e-1f));
    FloatVector y = p.fma(r.mul(r), r).add(1f);
    return y.reinterpretAsInts()
        .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
        .reinterpretAsFloats();
  }
}
