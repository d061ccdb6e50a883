package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;

/**
 * Weights that lie together on the device: tensors of these roles, one below the other.
 *
 * @param layer 0 for roles that are not per layer
 * @param shape [outputs, inputs] of a matrix, [outputs] of a norm or bias
 * @param type of its numbers
 */
record CudaWeight(
    String name, int layer, List<WeightRole> roles, List<Long> shape, CudaPrecision type) {

  /** A weight of the model's shape. */
  static CudaWeight of(
      ModelConfig config, CudaPrecision type, String name, int layer, WeightRole... roles) {
    List<Long> shape = List.of();
    long rows = 0;
    for (WeightRole role : roles) {
      long[] part = role.shape(config);
      rows += part[0];
      shape = part.length == 1 ? List.of(rows) : List.of(rows, part[1]);
    }
    return new CudaWeight(name, layer, List.of(roles), shape, type);
  }

  /**
   * All weights of a model as our kernels and products read them: norms and biases in float32,
   * matrices of one input as one. A tied head is the embedding itself where both are of one type.
   *
   * @param matrices the type of matrices
   * @param head the type of the head's matrix: fp16 where logits are made in fp16
   */
  static List<CudaWeight> all(ModelConfig config, CudaPrecision matrices, CudaPrecision head) {
    List<CudaWeight> weights = new ArrayList<>();
    weights.add(of(config, matrices, "embedding", 0, WeightRole.EMBEDDING));
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "layer" + layer + ".";
      int of = layer;
      vectors(config)
          .forEach(role -> weights.add(of(config, CudaPrecision.FP32, name + key(role), of, role)));
      if (config.attentionBias()) {
        weights.add(
            of(
                config,
                CudaPrecision.FP32,
                name + "qkv_bias",
                layer,
                WeightRole.Q_BIAS,
                WeightRole.K_BIAS,
                WeightRole.V_BIAS));
      }
      weights.add(
          of(config, matrices, name + "qkv", layer, WeightRole.Q, WeightRole.K, WeightRole.V));
      weights.add(of(config, matrices, name + "o", layer, WeightRole.O));
      weights.add(of(config, matrices, name + "gate_up", layer, WeightRole.GATE, WeightRole.UP));
      weights.add(of(config, matrices, name + "down", layer, WeightRole.DOWN));
    }
    weights.add(of(config, CudaPrecision.FP32, "final_norm", 0, WeightRole.FINAL_NORM));
    if (!config.tiedEmbeddings() || head != matrices) {
      weights.add(of(config, head, "head", 0, WeightRole.HEAD));
    }
    return weights;
  }

  /** The vectors of a layer that stand alone. */
  private static Stream<WeightRole> vectors(ModelConfig config) {
    return Stream.of(
            WeightRole.ATTENTION_NORM, WeightRole.MLP_NORM, WeightRole.Q_NORM, WeightRole.K_NORM)
        .filter(role -> role.presentIn(config));
  }

  private static String key(WeightRole role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** Bytes on the device. */
  long bytes() {
    return elements() * type.bytes();
  }

  /** This matrix where it lies. */
  DeviceMatrix matrix(long address) {
    return DeviceMatrix.published(
        address, Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)));
  }

  long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
