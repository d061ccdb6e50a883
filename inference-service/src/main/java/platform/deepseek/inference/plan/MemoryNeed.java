package platform.deepseek.inference.plan;

import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.ModelConfig;

/**
 * Bytes that a model needs for a workload.
 *
 * @param weights all of them, on all GPUs together
 * @param cachePerToken keys and values of one token, or its latents, in 16 bits
 * @param cache of the workload's tokens, on all GPUs together
 * @param activation of one step, on each GPU
 */
public record MemoryNeed(long weights, long cachePerToken, long cache, long activation) {

  private static final int CACHE_BYTES = 2;
  private static final int ACTIVATION_BYTES = 2;

  /** Rows that live at the same time beside the widest one: residual, norm, input, output. */
  private static final int HIDDEN_ROWS = 4;

  /** What is not a matrix product's weight (the embedding) is kept in 16 bits at least. */
  public static MemoryNeed of(ModelConfig config, WeightPrecision precision, Workload workload) {
    ModelSize size = ModelSize.of(config);
    WeightPrecision lookup =
        precision == WeightPrecision.FP32 ? WeightPrecision.FP32 : WeightPrecision.BF16;
    long weights = size.multipliedBytes(precision, size.routed()) + lookup.bytes(size.embedding());
    long perToken = config.cachedValues() * CACHE_BYTES;
    long row = ((long) HIDDEN_ROWS * config.hidden() + widest(config)) * ACTIVATION_BYTES;
    long logits = (long) workload.batch() * config.vocabulary() * Float.BYTES;
    return new MemoryNeed(
        weights, perToken, workload.tokens() * perToken, workload.tokensPerStep() * row + logits);
  }

  /** The most numbers of a row between two sums into the residual stream. */
  private static long widest(ModelConfig config) {
    long attention = config.queryRows() + (long) config.attendedColumns();
    long latent =
        config.latent().map(l -> (long) config.heads() * (l.cachedValues() + l.rank())).orElse(0L);
    long dense = 3L * config.intermediate();
    long experts = config.mixture().map(m -> chosenWidth(config, m)).orElse(0L);
    return Math.max(Math.max(attention + latent, dense), experts);
  }

  private static long chosenWidth(ModelConfig config, MixtureOfExperts mixture) {
    return 3L * mixture.sharedIntermediate()
        + mixture.chosen() * (3L * mixture.intermediate() + config.hidden());
  }

  /** Bytes on each of so many GPUs, if everything but activations is shared out evenly. */
  public long onEach(int gpus) {
    return Math.ceilDiv(weights + cache, gpus) + activation;
  }
}
