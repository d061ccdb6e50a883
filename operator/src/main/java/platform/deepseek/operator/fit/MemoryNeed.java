package platform.deepseek.operator.fit;

import platform.deepseek.operator.resource.Model;
import platform.deepseek.operator.resource.ModelShape;
import platform.deepseek.operator.resource.Precision;
import platform.deepseek.operator.resource.Topology;

/**
 * Memory that one replica needs, in MiB.
 *
 * <p>Weights are parameters times bits. The KV cache is reckoned for the worst case, every one of
 * {@code maxConcurrency} requests at full context, because a replica that runs out under load fails
 * those it has admitted. Data parallelism repeats the weights and splits the requests; latent
 * attention repeats the cache on each GPU of a tensor group. A tenth is added for activations and
 * fragments, which is what engines leave free by default.
 */
public record MemoryNeed(long weightsMiB, long kvCacheMiB, long reserveMiB) {

  private static final long MIB = 1024 * 1024;

  public static MemoryNeed of(ModelShape shape, Model model, Topology topology) {
    return of(shape, model, topology, model.precision());
  }

  static MemoryNeed of(ModelShape shape, Model model, Topology topology, Precision precision) {
    var weights = shape.parametersMillions() * 1_000_000L * precision.bits() / 8 * topology.data();
    var tokens = (long) model.maxContextTokens() * model.maxConcurrency();
    var copies = shape.latentAttention() ? topology.tensor() : 1;
    var cache = tokens * shape.kvBytesPerToken() * copies;
    return new MemoryNeed(ceilMiB(weights), ceilMiB(cache), ceilMiB(weights / 10 + cache / 10));
  }

  public long totalMiB() {
    return weightsMiB + kvCacheMiB + reserveMiB;
  }

  private static long ceilMiB(long bytes) {
    return (bytes + MIB - 1) / MIB;
  }
}
