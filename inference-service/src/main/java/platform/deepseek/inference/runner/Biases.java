package platform.deepseek.inference.runner;

import java.util.List;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;

/** The biases that belong to matrices. */
final class Biases {

  private Biases() {}

  /** The biases of these matrices one after the other; empty when the model has none for them. */
  static float[] of(ModelWeights weights, int layer, List<WeightRole> roles) {
    List<float[]> parts =
        roles.stream()
            .map(Biases::of)
            .filter(role -> role != null && weights.has(role))
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

  private static WeightRole of(WeightRole matrix) {
    return switch (matrix) {
      case Q -> WeightRole.Q_BIAS;
      case K -> WeightRole.K_BIAS;
      case V -> WeightRole.V_BIAS;
      case EMBEDDING,
          FINAL_NORM,
          HEAD,
          ATTENTION_NORM,
          O,
          Q_BIAS,
          K_BIAS,
          V_BIAS,
          Q_NORM,
          K_NORM,
          MLP_NORM,
          GATE,
          UP,
          DOWN ->
          null;
    };
  }
}
