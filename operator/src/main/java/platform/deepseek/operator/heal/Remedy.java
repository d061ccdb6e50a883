package platform.deepseek.operator.heal;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.Gpu;
import platform.deepseek.operator.resource.Model;
import platform.deepseek.operator.resource.RemedyStatus;
import platform.deepseek.operator.resource.Topology;

/**
 * What is done when a GPU's memory runs out: a quarter of the requests at a time, and when that is
 * not enough twice the tensor parallelism, as often as a node has the GPUs for it.
 *
 * <p>The spec is never written: what differs from it stands in the status, is laid over it before
 * anything else is decided, and belongs to that one revision of it. So a person who changes the
 * spec is obeyed at once, and an operator that is killed goes on with the same numbers.
 */
public final class Remedy {

  private static final int BATCH_DIVISOR = 4;
  private static final int MOST_GPUS = 64;

  private Remedy() {}

  /** The remedy of this spec, if the status has one that belongs to it. */
  public static Optional<RemedyStatus> of(DeepSeekDeployment resource) {
    return Optional.ofNullable(resource.getStatus())
        .map(DeepSeekDeploymentStatus::remedy)
        .filter(it -> isOf(it, resource.getSpec()));
  }

  static boolean isOf(RemedyStatus remedy, DeepSeekDeploymentSpec spec) {
    return Revision.of(spec).hash().equals(remedy.revision());
  }

  /** The resource as it is carried out: its spec with the remedy laid over it. */
  public static DeepSeekDeployment applied(DeepSeekDeployment resource) {
    return of(resource).map(remedy -> with(resource, remedy)).orElse(resource);
  }

  private static DeepSeekDeployment with(DeepSeekDeployment resource, RemedyStatus remedy) {
    var copy = new DeepSeekDeployment();
    copy.setMetadata(resource.getMetadata());
    copy.setSpec(applied(resource.getSpec(), remedy));
    copy.setStatus(resource.getStatus());
    return copy;
  }

  static DeepSeekDeploymentSpec applied(DeepSeekDeploymentSpec spec, RemedyStatus remedy) {
    var revision = Revision.of(spec);
    var model = revision.model();
    var topology = revision.topology();
    var gpu = revision.gpu();
    return new Revision(
            new Model(
                model.name(),
                model.servedNames(),
                model.source(),
                model.precision(),
                model.maxContextTokens(),
                remedy.maxConcurrency(),
                model.shape()),
            revision.engine(),
            gpu == null || remedy.gpuCount() == null
                ? gpu
                : new Gpu(gpu.gpuClass(), remedy.gpuCount(), gpu.allocation(), gpu.mig()),
            new Topology(
                topology.nodesPerReplica(),
                remedy.tensor(),
                topology.pipeline(),
                topology.data(),
                topology.expert()),
            revision.cache(),
            revision.auth(),
            revision.scheduling(),
            revision.security(),
            revision.podTemplate())
        .in(spec);
  }

  /**
   * The next step; empty when nothing more can be tried.
   *
   * @param largestNode GPUs of the largest node of the class
   * @param said what the program said when it ended
   */
  public static Optional<RemedyStatus> next(
      DeepSeekDeployment resource, int largestNode, String said, Instant now) {
    var spec = resource.getSpec();
    var before = of(resource);
    var steps = before.map(RemedyStatus::steps).orElse(0);
    var batch = before.map(RemedyStatus::maxConcurrency).orElse(spec.model().maxConcurrency());
    var tensor = before.map(RemedyStatus::tensor).orElse(spec.topology().tensor());
    var gpus =
        before.map(RemedyStatus::gpuCount).or(() -> spec.gpuIfAny().map(Gpu::count)).orElse(null);
    String done;
    if (steps == 0 && batch > 1) {
      var quarter = Math.max(1, batch / BATCH_DIVISOR);
      done = "%d instead of %d requests at a time".formatted(quarter, batch);
      batch = quarter;
    } else if (spec.engine().type() != EngineType.NATIVE // which has all of it on each GPU
        && gpus != null
        && gpus * 2 <= Math.min(largestNode, MOST_GPUS)) {
      done = "tensor parallelism %d instead of %d".formatted(tensor * 2, tensor);
      tensor = tensor * 2;
      gpus = gpus * 2;
    } else {
      return Optional.empty();
    }
    return Optional.of(
        new RemedyStatus(
            Revision.of(spec).hash(),
            steps + 1,
            batch,
            tensor,
            gpus,
            now.truncatedTo(ChronoUnit.SECONDS).toString(),
            "the GPU's memory ran out, so the model is served with %s; write what works into the spec: %s"
                .formatted(done, said)));
  }
}
