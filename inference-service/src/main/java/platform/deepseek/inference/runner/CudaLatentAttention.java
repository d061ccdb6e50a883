package platform.deepseek.inference.runner;

import java.util.List;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelContext;
import platform.deepseek.inference.ort.KernelInfo;
import platform.deepseek.inference.ort.OperatorKernel;

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434) in its absorbed form, for prompts as
 * for single tokens: a token leaves its latent and the turned part of its key, and all heads share
 * both.
 *
 * <p>The two products inside, of queries with the keys' matrix and of results with the values', are
 * ONNX Runtime's, one for all heads: so attention is three operators, and the graph has [heads,
 * rows, ...] between them. ONNX Runtime's own operator for latents (PagedAttention with
 * kv_cache_layout LATENT) takes one block without tensor cores for each token and head, wants its
 * cache in blocks that a table names, and the host's word on lengths; the kernel here reads the
 * slots that all other models use, once for up to 64 heads and tokens.
 *
 * <p>Expanding keys and values for prompts would take 3.4 times fewer operations with V3's shape.
 * The absorbed form is one kernel for both, and needs no memory for expanded heads.
 */
final class CudaLatentAttention implements TiledAttention {

  private final Device device;
  private final ModelConfig config;
  private final LatentHeads heads;
  private final CudaWeights weights;
  private final AttentionKernels.Cache cache;
  private final RotaryCaches rotary;
  private final LatentKernels kernels;
  private final ElementType numbers;
  private final long turned;
  private CudaBatch batch;

  /**
   * @param maxRows of a run
   * @param maxSingles of them that are single tokens
   */
  CudaLatentAttention(
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
    this.heads = LatentHeads.of(config);
    this.weights = weights;
    this.cache = AttentionKernels.Cache.of(cache);
    this.rotary = rotary;
    this.numbers = precision.elementType;
    this.kernels = new LatentKernels(device, precision, heads, maxSingles);
    this.turned = device.allocate(turnedBytes(heads, precision, maxRows));
  }

  /** Bytes of the turned parts of the queries of so many rows. */
  static long turnedBytes(LatentHeads heads, CudaPrecision precision, long maxRows) {
    return maxRows * heads.heads() * heads.rotary() * precision.bytes();
  }

  @Override
  public void cut(List<PromptTile> pieces, CudaBatch batch) {
    batch.tiles(PromptTile.cut(pieces, kernels.tileTokens()), false);
  }

  @Override
  public int maxTiles(int rows, int pieces) {
    return rows / kernels.tileTokens() + pieces;
  }

  @Override
  public void begin(CudaBatch batch) {
    this.batch = batch;
  }

  @Override
  public List<CustomOperator> operators() {
    List<ElementType> one = List.of(numbers);
    return List.of(
        CudaOperators.operator("QueryNorm", one, one, this::queryNorm),
        CudaOperators.operator("LatentQueries", List.of(numbers, numbers), one, this::queries),
        CudaOperators.operator("LatentAttention", one, one, this::attend),
        CudaOperators.operator("JoinHeads", one, one, info -> this::join));
  }

  /** Of a compressed query. */
  private OperatorKernel queryNorm(KernelInfo info) {
    long gamma = weights.address(WeightRole.Q_A_NORM, info.attribute(CudaOperators.INDEX));
    int width = config.latent().orElseThrow().queryRank();
    return context ->
        kernels.rowNorm(
            context.output(0, batch.rows(), width),
            context.input(0),
            gamma,
            config.rmsNormEps(),
            width,
            batch.rows());
  }

  /** Inputs q and kv; output the queries' contents [heads, rows, content]. */
  private OperatorKernel queries(KernelInfo info) {
    int layer = info.attribute(CudaOperators.INDEX);
    long gamma = weights.address(WeightRole.KV_A_NORM, layer);
    return context ->
        kernels.append(
            context.output(0, heads.heads(), batch.rows(), heads.content()),
            turned,
            context.input(0),
            context.input(1),
            gamma,
            config.rmsNormEps(),
            rotary,
            cache,
            layer,
            batch);
  }

  /** Input the absorbed queries, output weighed latents, both [heads, rows, rank]. */
  private OperatorKernel attend(KernelInfo info) {
    int layer = info.attribute(CudaOperators.INDEX);
    return context -> {
      long absorbed = context.input(0);
      long out = context.output(0, heads.heads(), batch.rows(), heads.rank());
      if (batch.singles() > 0) {
        if (layer == 0) {
          kernels.plan(batch);
        }
        kernels.decode(out, absorbed, turned, cache, layer, batch);
      }
      if (batch.tileCount() > 0) {
        kernels.prompt(out, absorbed, turned, cache, layer, batch);
      }
    };
  }

  /** From [heads, rows, value] to [rows, heads * value]. */
  private void join(KernelContext context) {
    kernels.joinHeads(
        context.output(0, batch.rows(), (long) heads.heads() * heads.value()),
        context.input(0),
        batch.rows());
  }

  @Override
  public void close() {
    kernels.close();
    device.free(turned);
  }
}
