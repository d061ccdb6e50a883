package platform.deepseek.operator.desired;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.fit.GpuClass;
import platform.deepseek.operator.fit.MemoryNeed;
import platform.deepseek.operator.resource.AutoscalingBackend;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.Gpu;

/**
 * All that desired objects are a function of, put together once per reconciliation.
 *
 * @param resource the resource; its spec is the newest wish
 * @param tracked what runs: the stable revision first, then the canary if there is one
 * @param traffic how traffic is split between them
 * @param surge whether a rollout may start a replica before it stops one
 * @param needs memory of one replica of each track, where the model's shape is known
 * @param secretHashes hash of each Secret that pods read
 * @param loadSeconds how long a replica took from its start to Ready, once measured
 * @param quotaLeader whether this resource is the one that keeps the namespace's quota
 */
public record Situation(
    DeepSeekDeployment resource,
    List<Tracked> tracked,
    Traffic traffic,
    boolean surge,
    Map<Track, MemoryNeed> needs,
    Map<String, String> secretHashes,
    Optional<Integer> loadSeconds,
    boolean quotaLeader,
    Abilities abilities,
    Settings settings) {

  public String name() {
    return resource.getMetadata().getName();
  }

  public String namespace() {
    return resource.getMetadata().getNamespace();
  }

  public DeepSeekDeploymentSpec spec() {
    return resource.getSpec();
  }

  public Tracked stable() {
    return tracked.getFirst();
  }

  public Optional<Tracked> canary() {
    return tracked.stream().filter(one -> one.track() == Track.CANARY).findFirst();
  }

  /** Memory of one replica: of the revision that it has, which need not be the newest wish. */
  public Optional<MemoryNeed> need(Tracked one) {
    return Optional.ofNullable(needs.get(one.track()));
  }

  /** The class of a GPU; the check before has made sure that there is one. */
  public GpuClass gpuClass(Gpu gpu) {
    return settings.gpuClasses().get(gpu.gpuClass());
  }

  /** Who scales: KEDA for what an HPA cannot do, or where it is asked for. */
  public Optional<AutoscalingBackend> autoscaler() {
    return autoscaler(spec());
  }

  public static Optional<AutoscalingBackend> autoscaler(DeepSeekDeploymentSpec spec) {
    return spec.autoscalingIfAny()
        .map(
            autoscaling ->
                switch (autoscaling.backend()) {
                  case HPA -> AutoscalingBackend.HPA;
                  case KEDA -> AutoscalingBackend.KEDA;
                  case AUTO ->
                      autoscaling.minReplicas() == 0 || !autoscaling.schedulesOrNone().isEmpty()
                          ? AutoscalingBackend.KEDA
                          : AutoscalingBackend.HPA;
                });
  }
}
