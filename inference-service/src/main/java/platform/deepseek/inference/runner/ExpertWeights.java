package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ops.BlockFormat;
import platform.deepseek.inference.ops.ExpertLayer;
import platform.deepseek.inference.ops.ExpertRouter;
import platform.deepseek.inference.ops.FloatMatrix;
import platform.deepseek.inference.ops.MatrixPacker;
import platform.deepseek.inference.ops.WeightMatrix;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Tensor;

/**
 * Packs the experts of a layer for grouped products: all experts' matrices of one kind lie one
 * below the other. The router stays in float32, whatever the precision: a choice among experts that
 * are nearly equal should not depend on it.
 */
final class ExpertWeights {

  private static final float[] NO_CORRECTION = {};

  private final ModelWeights weights;
  private final ModelConfig config;
  private final Precision precision;

  ExpertWeights(ModelWeights weights, Precision precision) {
    this.weights = weights;
    this.config = weights.config();
    this.precision = precision;
  }

  ExpertLayer pack(int layer) {
    MixtureOfExperts mixture = config.mixture().orElseThrow();
    Tensor router = weights.tensor(WeightRole.ROUTER, layer);
    return new ExpertLayer(
        router(mixture, layer),
        FloatMatrix.pack(
            config.hidden(),
            mixture.experts(),
            (expert, row) -> Dequantizer.row(router, expert, row, 0)),
        stacked(layer, WeightRole.EXPERT_GATE, WeightRole.EXPERT_UP),
        stacked(layer, WeightRole.EXPERT_DOWN));
  }

  private ExpertRouter router(MixtureOfExperts mixture, int layer) {
    MixtureOfExperts.Routing routing = mixture.routing();
    return new ExpertRouter(
        mixture.experts(),
        mixture.chosen(),
        routing.scoring() == MixtureOfExperts.Scoring.SIGMOID,
        routing.correctionBias() ? weights.vector(WeightRole.ROUTER_BIAS, layer) : NO_CORRECTION,
        routing.groups(),
        routing.keptGroups(),
        routing.normalised(),
        routing.factor());
  }

  /** One for all that lie together: 8 bits where one of them is stored finer than in 4. */
  static BlockFormat format(
      ModelWeights weights, Precision precision, int layer, WeightRole... roles) {
    int experts = weights.config().mixture().orElseThrow().experts();
    boolean fours =
        IntStream.range(0, experts)
            .allMatch(
                expert ->
                    Arrays.stream(roles)
                        .map(role -> precision.format(role, type(weights, layer, role, expert)))
                        .allMatch(format -> format == BlockFormat.INT4));
    return fours ? BlockFormat.INT4 : BlockFormat.INT8;
  }

  private static DType type(ModelWeights weights, int layer, WeightRole role, int expert) {
    return weights.tensor(role, layer, expert).dtype();
  }

  /** Of each expert the rows of all roles. */
  private WeightMatrix stacked(int layer, WeightRole... roles) {
    List<MatrixPacker.Part> parts = new ArrayList<>();
    for (int expert = 0; expert < config.mixture().orElseThrow().experts(); expert++) {
      for (WeightRole role : roles) {
        parts.add(new MatrixPacker.Part(weights.tensor(role, layer, expert), row -> row));
      }
    }
    Tensor first = parts.getFirst().tensor();
    if (precision != Precision.FP32) {
      return MatrixPacker.pack(format(weights, precision, layer, roles), parts);
    }
    int rows = Math.toIntExact(first.rows());
    return FloatMatrix.pack(
        Math.toIntExact(first.columns()),
        Math.multiplyExact(rows, parts.size()),
        (output, row) -> Dequantizer.row(parts.get(output / rows).tensor(), output % rows, row, 0));
  }
}
