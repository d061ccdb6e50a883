package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.WeightRole;

/**
 * Writes a decoder's products into a graph, together with what stands before and after them. Values
 * are named by the caller; several roles make one product of their rows one below the other.
 */
interface DecoderProducts {

  /** output = W norm(x) + bias, where the model has biases for these roles. */
  void afterNorm(String x, String gamma, int layer, String output, WeightRole... roles);

  /** output = residual + W x. */
  void ontoResidual(String x, String residual, int layer, String output, WeightRole role);

  /** output = residual + W (silu(gate) * up), gate and up side by side in {@code gateUp}. */
  void afterSwiGlu(String gateUp, String residual, int layer, String output, WeightRole role);
}
