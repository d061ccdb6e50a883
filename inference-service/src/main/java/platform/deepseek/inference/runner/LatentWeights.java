package platform.deepseek.inference.runner;

import java.util.List;
import java.util.stream.IntStream;
import platform.deepseek.inference.model.LatentAttention;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ops.AttentionShape;
import platform.deepseek.inference.ops.BlockFormat;
import platform.deepseek.inference.ops.DecoderShape;
import platform.deepseek.inference.ops.FloatMatrix;
import platform.deepseek.inference.ops.LatentShape;
import platform.deepseek.inference.ops.MatrixPacker;
import platform.deepseek.inference.ops.WeightMatrix;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Tensor;

/**
 * What attention must know of a model; with latent attention also its products inside.
 *
 * <p>Checkpoints have one matrix from latents to keys and values of all heads. The absorbed form
 * needs it in two: of each head the key's half transposed, and the value's half, which is how newer
 * GGUF files have it. In quantised precisions both are kept in 8 bits: they are small, and
 * everything that attention sees goes through them.
 */
final class LatentWeights {

  private final ModelWeights weights;
  private final ModelConfig config;
  private final LatentAttention latent;
  private final Precision precision;

  private LatentWeights(ModelWeights weights, LatentAttention latent, Precision precision) {
    this.weights = weights;
    this.config = weights.config();
    this.latent = latent;
    this.precision = precision;
  }

  /**
   * @param context positions that a slot holds
   */
  static AttentionShape attention(ModelWeights weights, Precision precision, int context) {
    ModelConfig config = weights.config();
    return config
        .latent()
        .<AttentionShape>map(latent -> new LatentWeights(weights, latent, precision).shape(context))
        .orElseGet(
            () ->
                new DecoderShape(
                    config.layers(),
                    config.heads(),
                    config.kvHeads(),
                    config.headDim(),
                    context,
                    config.rmsNormEps(),
                    config.rope().inverseFrequencies(),
                    config.rope().magnitude()));
  }

  private LatentShape shape(int context) {
    return new LatentShape(
        IntStream.range(0, config.layers()).mapToObj(this::pack).toList(),
        config.heads(),
        latent.rank(),
        latent.contentDim(),
        latent.rotaryDim(),
        latent.valueDim(),
        (float) latent.scoreScale(),
        context,
        config.rmsNormEps(),
        config.rope().inverseFrequencies(),
        config.rope().magnitude());
  }

  private LatentShape.Layer pack(int layer) {
    return config.layout().latentHalves()
        ? new LatentShape.Layer(
            pack(weights.tensor(WeightRole.K_B, layer)),
            pack(weights.tensor(WeightRole.V_B, layer)))
        : divide(layer);
  }

  /** A half that is stored as products read it; what is in 8 bits stays as it is. */
  private WeightMatrix pack(Tensor half) {
    return precision == Precision.FP32
        ? FloatMatrix.pack(
            Math.toIntExact(half.columns()),
            Math.toIntExact(half.rows()),
            (output, row) -> Dequantizer.row(half, output, row, 0))
        : MatrixPacker.pack(
            BlockFormat.INT8, List.of(new MatrixPacker.Part(half, output -> output)));
  }

  private LatentShape.Layer divide(int layer) {
    var tensor = weights.tensor(WeightRole.KV_B, layer);
    float[][] rows = new float[Math.toIntExact(tensor.rows())][];
    IntStream.range(0, rows.length)
        .parallel()
        .forEach(row -> rows[row] = Dequantizer.row(tensor, row));
    int content = latent.contentDim();
    int head = content + latent.valueDim();
    int rank = latent.rank();
    return new LatentShape.Layer(
        pack(
            content,
            config.heads() * rank,
            (output, row) -> {
              for (int i = 0; i < content; i++) {
                row[i] = rows[output / rank * head + i][output % rank];
              }
            }),
        pack(
            rank,
            config.heads() * latent.valueDim(),
            (output, row) -> {
              int source = output / latent.valueDim() * head + content + output % latent.valueDim();
              System.arraycopy(rows[source], 0, row, 0, rank);
            }));
  }

  private WeightMatrix pack(int inputs, int outputs, WeightMatrix.Rows rows) {
    return precision == Precision.FP32
        ? FloatMatrix.pack(inputs, outputs, rows)
        : MatrixPacker.pack(BlockFormat.INT8, inputs, outputs, rows);
  }
}
