package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;

/** Numbers the norms of a decoder in the order in which a row meets them. */
final class CudaNorms {
  private CudaNorms() {}

  static int attention(int layer) {
    return 2 * layer;
  }

  static int mlp(int layer) {
    return 2 * layer + 1;
  }

  static int last(ModelConfig config) {
    return 2 * config.layers();
  }

  static WeightRole role(int norm, ModelConfig config) {
    if (norm == last(config)) {
      return WeightRole.FINAL_NORM;
    }
    return norm % 2 == 0 ? WeightRole.ATTENTION_NORM : WeightRole.MLP_NORM;
  }

  /** The layer it is in; 0 for the last. */
  static int layer(int norm, ModelConfig config) {
    return norm == last(config) ? 0 : norm / 2;
  }
}
