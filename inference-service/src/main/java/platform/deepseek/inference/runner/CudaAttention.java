package platform.deepseek.inference.runner;

import java.util.List;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelInfo;
import platform.deepseek.inference.ort.OperatorKernel;

/**
 * Attention of a layer: queries and keys are turned to their positions, keys and values go to the
 * cache, and every row attends to what its slot holds up to it. Single tokens and pieces of prompts
 * have kernels of their own.
 */
final class CudaAttention implements TiledAttention {

  /** Instead of a bias: none, or it has been added. */
  static final long NO_BIAS = 0;

  private final Device device;
  private final ModelConfig config;
  private final CudaWeights weights;
  private final AttentionKernels.Cache cache;
  private final RotaryCaches rotary;
  private final AttentionKernels kernels;
  private final ElementType numbers;
  private final long queries;
  private CudaBatch batch;

  /**
   * @param maxRows of a run
   * @param maxSingles of them that are single tokens
   */
  CudaAttention(
      Device device,
      ModelConfig config,
      CudaPrecision precision,
      CudaWeights weights,
      PagedKvCache cache,
      RotaryCaches rotary,
      int maxRows,
      int maxSingles) {
    this.device = device;
    this.config = config;
    this.weights = weights;
    this.cache = AttentionKernels.Cache.of(cache);
    this.rotary = rotary;
    this.numbers = precision.elementType;
    this.kernels = new AttentionKernels(device, precision, AttentionHeads.of(config), maxSingles);
    this.queries = device.allocate((long) maxRows * config.queryRows() * precision.bytes());
  }

  @Override
  public void cut(List<PromptTile> pieces, CudaBatch batch) {
    boolean fine = kernels.fineTiles(pieces.stream().mapToInt(PromptTile::rowCount).sum());
    batch.tiles(PromptTile.cut(pieces, kernels.tileTokens(fine)), fine);
  }

  @Override
  public int maxTiles(int rows, int pieces) {
    return rows / kernels.tileTokens(true) + pieces;
  }

  @Override
  public void begin(CudaBatch batch) {
    this.batch = batch;
  }

  @Override
  public List<CustomOperator> operators() {
    List<ElementType> one = List.of(numbers);
    return List.of(CudaOperators.operator("Attention", one, one, this::operator));
  }

  private OperatorKernel operator(KernelInfo info) {
    int layer = info.attribute(CudaOperators.INDEX);
    return context ->
        compute(
            batch,
            layer,
            context.input(0),
            weights.address(WeightRole.Q_BIAS, layer),
            context.output(0, context.rows(0), config.queryRows()));
  }

  /**
   * @param qkv products, [rows][queries, keys, values]
   * @param bias added to them, [queries, keys, values], or {@link #NO_BIAS}
   * @param attended where the result goes, [rows][queries]
   */
  void compute(CudaBatch batch, int layer, long qkv, long bias, long attended) {
    kernels.append(
        queries,
        qkv,
        new AttentionKernels.Preparation(
            bias,
            weights.address(WeightRole.Q_NORM, layer),
            weights.address(WeightRole.K_NORM, layer),
            config.rmsNormEps()),
        rotary.cosines(),
        rotary.sines(),
        cache,
        layer,
        batch.slotsAddress(),
        batch.positionsAddress(),
        batch.rows());
    if (batch.singles() > 0) {
      if (layer == 0) {
        kernels.plan(batch.slotsAddress(), batch.positionsAddress(), batch.singles());
      }
      kernels.decode(attended, queries, cache, layer, batch.singles());
    }
    if (batch.tileCount() > 0) {
      kernels.prompt(
          attended,
          queries,
          cache,
          layer,
          batch.tilesAddress(),
          batch.tileCount(),
          batch.fineTiles());
    }
  }

  @Override
  public void close() {
    kernels.close();
    device.free(queries);
  }
}
