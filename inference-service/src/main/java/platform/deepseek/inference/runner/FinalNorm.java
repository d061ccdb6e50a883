package platform.deepseek.inference.runner;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;

/**
 * The norm between a decoder's last layer and its output layer, for hidden states that leave the
 * graph: x / sqrt(mean(x^2) + epsilon) * gamma. In double and in one order, so that a row's result
 * depends on nothing but the row.
 */
final class FinalNorm {

  private final float[] gamma;
  private final double epsilon;

  FinalNorm(ModelWeights weights) {
    gamma = weights.vector(WeightRole.FINAL_NORM, 0);
    epsilon = weights.config().rmsNormEps();
  }

  /** Numbers of a row. */
  int length() {
    return gamma.length;
  }

  /** Adds the normed row, float32 values, to a sum. */
  void addTo(double[] sum, MemorySegment row) {
    double squares = 0;
    for (int i = 0; i < gamma.length; i++) {
      double x = row.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      squares += x * x;
    }
    double scale = 1 / Math.sqrt(squares / gamma.length + epsilon);
    for (int i = 0; i < gamma.length; i++) {
      sum[i] += row.getAtIndex(ValueLayout.JAVA_FLOAT, i) * scale * gamma[i];
    }
  }
}
