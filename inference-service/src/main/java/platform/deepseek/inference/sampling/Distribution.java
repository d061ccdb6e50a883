package platform.deepseek.inference.sampling;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Unnormalised probabilities exp((logit - largest) / temperature) of a row, and their sum.
 *
 * <p>The same logits must give the same token in the interpreter, after compilation and on a
 * machine with other vectors. So the exponential is a polynomial of our own out of exactly rounded
 * operations (the JDK's vector exp differs between its library and its fallback), and sums are made
 * in sixteen interleaved parts whatever the width of a vector is.
 */
final class Distribution {
  private static final VectorSpecies<Float> SPECIES = LogitRow.SPECIES;
  private static final int LANES = SPECIES.length();
  private static final int BLOCK = LogitRow.BLOCK;
  private static final int STRIDE = LogitRow.STRIDE;

  /** Below this exp is less than the smallest normal float, and counted as 0. */
  private static final float LOWEST = -87.0f;

  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  /** 1.5 * 2^23: adding it rounds a small float to an integer in the low bits of its mantissa. */
  private static final float ROUNDER = 12582912f;

  private final float[] lanes = new float[STRIDE];
  private float[] weights = new float[0];
  private double total;
  private float largest;

  void compute(LogitRow row, float temperature) {
    float[] logits = row.values();
    if (weights.length != logits.length) {
      weights = new float[logits.length];
    }
    largest = row.get(row.argMax());
    total = 0;
    for (int from = 0; from < logits.length; from += BLOCK) {
      total += largest == Float.NEGATIVE_INFINITY ? 0 : block(logits, from, temperature);
    }
  }

  private double block(float[] logits, int from, float temperature) {
    for (int offset = 0; offset < STRIDE; offset += LANES) {
      var sum = FloatVector.zero(SPECIES);
      for (int i = from + offset; i < from + BLOCK; i += STRIDE) {
        var x = FloatVector.fromArray(SPECIES, logits, i).sub(largest).div(temperature);
        var weight = exp(x);
        weight.intoArray(weights, i);
        sum = sum.add(weight);
      }
      sum.intoArray(lanes, offset);
    }
    double sum = 0;
    for (float lane : lanes) {
      sum += lane;
    }
    return sum;
  }

  /** exp of values up to 0, relative error below 2e-7 (Cephes expf), 0 below {@link #LOWEST}. */
  private static FloatVector exp(FloatVector x) {
    var tiny = x.compare(VectorOperators.LT, LOWEST);
    x = x.max(LOWEST);
    var shifted = x.mul(LOG2_E).add(ROUNDER);
    var n = shifted.sub(ROUNDER);
    var r = n.neg().fma(FloatVector.broadcast(SPECIES, LN2_HIGH), x);
    r = n.neg().fma(FloatVector.broadcast(SPECIES, LN2_LOW), r);
    var p = FloatVector.broadcast(SPECIES, 1.9875691500e-4f);
    p = p.fma(r, FloatVector.broadcast(SPECIES, 1.3981999507e-3f));
    p = p.fma(r, FloatVector.broadcast(SPECIES, 8.3334519073e-3f));
    p = p.fma(r, FloatVector.broadcast(SPECIES, 4.1665795894e-2f));
    p = p.fma(r, FloatVector.broadcast(SPECIES, 1.6666665459e-1f));
    p = p.fma(r, FloatVector.broadcast(SPECIES, 5.0000001201e-1f));
    p = p.fma(r.mul(r), r).add(1f);
    // The low mantissa bits of `shifted` are n; as an exponent they scale p by 2^n.
    IntVector scale = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    var scaled = p.reinterpretAsInts().add(scale).reinterpretAsFloats();
    return scaled.blend(0f, tiny);
  }

  /** Probabilities times {@link #total}, 1 for the likeliest, padded with 0; not to be kept. */
  float[] weights() {
    return weights;
  }

  /** The sum of all weights; 0 when no token has a finite logit. */
  double total() {
    return total;
  }

  /** The largest logit. */
  float largest() {
    return largest;
  }
}
