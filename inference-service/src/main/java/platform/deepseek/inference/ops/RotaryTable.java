package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rotary position embedding (RoFormer, arXiv 2104.09864) of pairs (i, i + headSize / 2), as Llama
 * and Qwen checkpoints have it. Angles are float32 products, as in every reference.
 */
final class RotaryTable {

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private final int half;
  private final float[] cosines;
  private final float[] sines;

  /**
   * @param inverseFrequencies headSize / 2 of them, scaling applied
   * @param magnitude what turned channels are multiplied with besides
   */
  RotaryTable(float[] inverseFrequencies, double magnitude, int positions) {
    half = inverseFrequencies.length;
    cosines = new float[positions * half];
    sines = new float[positions * half];
    for (int position = 0; position < positions; position++) {
      for (int i = 0; i < half; i++) {
        float angle = position * inverseFrequencies[i];
        cosines[position * half + i] = (float) (magnitude * Math.cos(angle));
        sines[position * half + i] = (float) (magnitude * Math.sin(angle));
      }
    }
  }

  /** target = factor * rotated source; both are headSize floats, half of it a multiple of 8. */
  void rotate(MemorySegment memory, long source, long target, int position, float factor) {
    int row = position * half;
    long across = 4L * half;
    for (int i = 0; i < half; i += FLOATS.length()) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, memory, source + 4L * i, ORDER);
      FloatVector y =
          FloatVector.fromMemorySegment(FLOATS, memory, source + across + 4L * i, ORDER);
      FloatVector cosine = FloatVector.fromArray(FLOATS, cosines, row + i).mul(factor);
      FloatVector sine = FloatVector.fromArray(FLOATS, sines, row + i).mul(factor);
      x.mul(cosine).sub(y.mul(sine)).intoMemorySegment(memory, target + 4L * i, ORDER);
      y.mul(cosine).add(x.mul(sine)).intoMemorySegment(memory, target + across + 4L * i, ORDER);
    }
  }
}
