package platform.deepseek.inference.plan;

import java.util.Optional;
import java.util.stream.IntStream;
import platform.deepseek.inference.model.ModelConfig;

/**
 * A model on GPUs of one kind: what it needs, on how many it fits, and how fast it can be there.
 *
 * @param gpus that share the model
 * @param fewest GPUs on which the workload fits; empty if not on {@link #MOST}
 */
public record DeploymentPlan(
    ModelSize size, MemoryNeed need, Gpu gpu, int gpus, Optional<Integer> fewest, Speed speed) {

  /** GPUs beyond which nobody would ask. */
  static final int MOST = 64 * Gpu.PER_NODE;

  /** What a process takes before the model: the driver's context, libraries, recorded steps. */
  static final long RUNTIME = 2L << 30;

  /** The share of a data sheet's memory that a process can have. */
  static final double USABLE = 0.95;

  /**
   * @param gpus 0 for as few as it fits on
   */
  public static DeploymentPlan of(
      ModelConfig config, WeightPrecision precision, Workload workload, Gpu gpu, int gpus) {
    MemoryNeed need = MemoryNeed.of(config, precision, workload);
    Optional<Integer> fewest =
        IntStream.rangeClosed(1, MOST)
            .filter(DeploymentPlan::sold)
            .filter(count -> fits(need, gpu, count))
            .boxed()
            .findFirst();
    int used = gpus > 0 ? gpus : fewest.orElse(MOST);
    return new DeploymentPlan(
        ModelSize.of(config),
        need,
        gpu,
        used,
        fewest,
        Speed.of(config, precision, workload, gpu, used));
  }

  /** 1, 2, 4 or 8 of a node, or whole nodes. */
  private static boolean sold(int gpus) {
    return gpus % Gpu.PER_NODE == 0 || gpus < Gpu.PER_NODE && Integer.bitCount(gpus) == 1;
  }

  private static boolean fits(MemoryNeed need, Gpu gpu, int gpus) {
    return need.onEach(gpus) + RUNTIME <= usable(gpu);
  }

  /** Bytes of one GPU that a process can have. */
  static long usable(Gpu gpu) {
    return (long) (gpu.memory() * USABLE);
  }

  /** Whether the workload fits the GPUs of the plan. */
  public boolean fits() {
    return fits(need, gpu, gpus);
  }

  /** Machines of {@link Gpu#PER_NODE} GPUs. */
  public int nodes() {
    return Math.ceilDiv(gpus, Gpu.PER_NODE);
  }

  /** Tokens of sequences that fit beside the weights. */
  public long affordableTokens() {
    long room = usable(gpu) - RUNTIME - need.activation();
    return Math.max(0, gpus * room - need.weights()) / need.cachePerToken();
  }
}
