package platform.deepseek.inference.runner;

import java.util.List;
import java.util.Map;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;

/** The biases that belong to matrices. */
final class Biases {

  private static final Map<WeightRole, WeightRole> OF =
      Map.of(
          WeightRole.Q, WeightRole.Q_BIAS,
          WeightRole.K, WeightRole.K_BIAS,
          WeightRole.V, WeightRole.V_BIAS);

  private Biases() {}

  /** The biases of these matrices one after the other; empty when the model has none for them. */
  static float[] of(ModelWeights weights, int layer, List<WeightRole> roles) {
    List<float[]> parts =
        roles.stream()
            .filter(OF::containsKey)
            .map(OF::get)
            .filter(weights::has)
            .map(role -> weights.vector(role, layer))
            .toList();
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
