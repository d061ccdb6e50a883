package platform.deepseek.inference.plan;

import platform.deepseek.inference.model.LatentAttention;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.ModelConfig;

/**
 * Expected tokens per second: a step takes as long as reading what it needs, or as computing it,
 * whichever is longer (the roofline model).
 *
 * <pre>
 *   read(B)    = bytes of dense weights and head + bytes of the experts that B tokens choose
 *                + B * context * cache per token
 *   experts(B) = E * (1 - (1 - k / E)^B) of E on average, if every expert is as likely
 *   compute(B) = B * (2 * active weights + attention over the context)
 *   decode     = B / max(read / (N * bandwidth * 0.45), compute / (N * compute * 0.55))
 *   prefill    = N * compute * 0.55 / (2 * (dense + chosen) + attention over half the context)
 * </pre>
 *
 * The two factors are what this engine reached of a data sheet's figures on an H200 with a dense
 * model of 1.5 billion weights (docs/benchmarks.md). Traffic between GPUs is not in it: with
 * several, the figures are upper bounds.
 *
 * @param readBytes of one decode step, all GPUs together
 * @param operations of one decode step
 * @param decode tokens per second of all sequences together
 * @param prefill tokens per second
 */
public record Speed(double readBytes, double operations, double decode, double prefill) {

  /** Share of the bandwidth that a decode step reaches. */
  public static final double BANDWIDTH_REACHED = 0.45;

  /** Share of the compute that a prompt reaches. */
  public static final double COMPUTE_REACHED = 0.55;

  /** Of a model on so many GPUs. */
  public static Speed of(
      ModelConfig config, WeightPrecision precision, Workload workload, Gpu gpu, int gpus) {
    ModelSize size = ModelSize.of(config);
    MemoryNeed need = MemoryNeed.of(config, precision, workload);
    double experts = size.routed() * shareOfExperts(config, workload.batch());
    double read = size.multipliedBytes(precision, (long) experts) + need.cache();
    double operations =
        workload.batch() * (2.0 * size.active() + attention(config, workload.context()));
    double bandwidth = gpus * gpu.bandwidth() * BANDWIDTH_REACHED;
    double compute = gpus * gpu.compute() * COMPUTE_REACHED;
    double step = Math.max(read / bandwidth, operations / compute);
    double ofPrompt =
        2.0 * (size.dense() + size.chosen()) + attention(config, workload.context() / 2);
    return new Speed(read, operations, workload.batch() / step, compute / ofPrompt);
  }

  /** The share of experts that at least one of so many tokens chooses, on average. */
  static double shareOfExperts(ModelConfig config, int tokens) {
    if (config.mixture().isEmpty()) {
      return 0;
    }
    MixtureOfExperts mixture = config.mixture().get();
    return 1 - Math.pow(1 - (double) mixture.chosen() / mixture.experts(), tokens);
  }

  /** Operations of one token's scores and weighing over so many others, all layers. */
  private static double attention(ModelConfig config, int context) {
    double channels =
        config
            .latent()
            .map(LatentAttention::cachedValues)
            .map(width -> (double) width + config.latent().get().rank())
            .orElse(2.0 * config.headDim());
    return 2.0 * config.layers() * config.heads() * channels * context;
  }
}
