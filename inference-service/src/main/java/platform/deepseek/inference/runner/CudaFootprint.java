package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.LatentAttention;
import platform.deepseek.inference.model.ModelConfig;

/**
 * What a runner takes of a device beside weights, keys and values; known before anything is loaded,
 * so that memory can be planned.
 *
 * @param held allocated when the runner is made: rows, logits, the sampler, attention's parts
 * @param activations of the largest run, which ONNX Runtime's arena keeps; estimated from above
 * @param recordings decode steps as CUDA graphs, one per size of batch; estimated from above
 * @param libraries code of kernels, cuBLAS and its workspaces, and what allocators round up
 */
public record CudaFootprint(long held, long activations, long recordings, long libraries) {

  private static final long LIBRARIES = 1L << 30;

  /**
   * Numbers that a token has at one time inside a layer, as multiples of what enters and leaves:
   * the arena's pieces are of many sizes and seldom fit each other.
   */
  private static final int LIVE_COPIES = 3;

  private static final int NODES_PER_LAYER = 10;

  /** More, with attention over latents, and in a layer with experts. */
  private static final int LATENT_NODES = 9;

  private static final int EXPERT_NODES = 8;
  private static final int OTHER_NODES = 8;
  private static final long NODE_BYTES = 8 << 10;

  /** Sizes of recordings between a batch and its double; below 8 all that there are. */
  private static final int SIZES_PER_DOUBLING = 8;

  private static final long ALIGNMENT = 256;

  /**
   * Of a runner with these limits.
   *
   * @param multiprocessors of the device
   * @param pageBytes the unit in which it maps memory
   * @throws IllegalArgumentException the model's shape does not fit the device's attention
   */
  public static CudaFootprint of(
      ModelConfig config,
      CudaPrecision precision,
      CudaModelRunner.Limits limits,
      int multiprocessors,
      long pageBytes) {
    int rows = Math.max(limits.maxBatch(), limits.maxRows());
    long batches =
        CudaBatch.bytes(limits.maxBatch(), 0) + CudaBatch.bytes(rows, rows + limits.maxBatch());
    long logits =
        (long) limits.maxBatch() * config.vocabulary() * precision.head().elementType.bytes();
    long tables =
        2L * (limits.context() + 1L) * config.rope().inverseFrequencies().length * Float.BYTES;
    long scratch = KvLayout.of(config, precision, limits.context(), pageBytes).pages(1) * pageBytes;
    long fewRow =
        config.hidden() * (Float.BYTES + precision.head().bytes())
            + (2L * (config.queryRows() + config.keyRows()) + config.intermediate())
                * precision.bytes();
    long held =
        batches
            + SmallProducts.MOST_ROWS * fewRow
            + logits
            + tables
            + scratch
            + Integer.BYTES * (limits.slots() + 1L)
            + attention(config, precision, rows, limits.maxBatch(), multiprocessors)
            + (config.mixture().isPresent() ? CudaExperts.bytes(config, precision, rows) : 0)
            + DeviceSampler.deviceBytes(limits.maxBatch(), config.vocabulary());
    long perRow =
        4L * config.hidden()
            + 4L * config.intermediate()
            + config
                .latent()
                .map(latent -> latentNumbers(config.heads(), latent))
                .orElse((long) config.queryRows());
    long nodes = (long) nodesPerLayer(config) * config.layers() + OTHER_NODES;
    return new CudaFootprint(
        Math.ceilDiv(held, ALIGNMENT) * ALIGNMENT,
        LIVE_COPIES * rows * perRow * precision.bytes(),
        recordings(limits.maxBatch()) * nodes * NODE_BYTES,
        LIBRARIES);
  }

  /** What attention holds beside the cache. */
  private static long attention(
      ModelConfig config, CudaPrecision precision, int rows, int singles, int multiprocessors) {
    if (config.latent().isEmpty()) {
      return (long) rows * config.queryRows() * precision.bytes()
          + AttentionKernels.bytes(AttentionHeads.of(config), multiprocessors, singles);
    }
    LatentHeads heads = LatentHeads.of(config);
    return CudaLatentAttention.turnedBytes(heads, precision, rows)
        + LatentKernels.bytes(heads, multiprocessors, singles);
  }

  /** Of a row between the operators of attention over latents: two of them at a time. */
  private static long latentNumbers(int heads, LatentAttention latent) {
    return (long) heads
        * Math.max(
            2L * latent.rank(), latent.rank() + latent.queryDim() + (long) latent.valueDim());
  }

  private static int nodesPerLayer(ModelConfig config) {
    return NODES_PER_LAYER
        + (config.latent().isPresent() ? LATENT_NODES : 0)
        + (config.mixture().isPresent() ? EXPERT_NODES : 0);
  }

  /** Sizes of runs that may be recorded, or a few more. */
  static long recordings(int maxBatch) {
    int doublings = Integer.SIZE - Integer.numberOfLeadingZeros(maxBatch);
    return (long) SIZES_PER_DOUBLING * doublings;
  }

  public long total() {
    return held + activations + recordings + libraries;
  }
}
