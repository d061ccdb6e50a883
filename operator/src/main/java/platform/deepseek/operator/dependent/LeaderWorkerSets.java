package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.LeaderWorkerSet;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.PodTemplate;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Tracked;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** A group of pods per replica where a replica spans nodes (LeaderWorkerSet API). */
public class LeaderWorkerSets extends OwnedObjects<LeaderWorkerSet> {

  static final String WORKER_INDEX = "leaderworkerset.sigs.k8s.io/worker-index";

  public LeaderWorkerSets() {
    super(LeaderWorkerSet.class);
  }

  @Override
  public List<LeaderWorkerSet> desired(Situation situation) {
    return situation.tracked().stream()
        .filter(tracked -> tracked.spec().spansNodes())
        .map(tracked -> of(situation, tracked))
        .toList();
  }

  private static LeaderWorkerSet of(Situation situation, Tracked tracked) {
    var spec = new LinkedHashMap<String, Object>();
    if (tracked.replicas() instanceof Replicas.Fixed fixed) {
      spec.put("replicas", fixed.count());
    }
    spec.put(
        "leaderWorkerTemplate",
        Map.of(
            "size",
            tracked.spec().topology().nodesPerReplica(),
            "restartPolicy",
            "RecreateGroupOnPodRestart",
            "leaderTemplate",
            plain(PodTemplate.of(situation, tracked)),
            "workerTemplate",
            plain(PodTemplate.worker(situation, tracked))));
    spec.put(
        "rolloutStrategy",
        Map.of(
            "type",
            "RollingUpdate",
            "rollingUpdateConfiguration",
            Map.of(
                "maxSurge", situation.surge() ? 1 : 0,
                "maxUnavailable", situation.surge() ? 0 : 1)));
    spec.put("startupPolicy", "LeaderCreated");
    // By default the headless Service of the group has the set's name, which our Service has; a
    // worker would not find its leader, whose name that one knows only once it is ready.
    spec.put("networkConfig", Map.of("subdomainPolicy", "UniquePerReplica"));
    var set = new LeaderWorkerSet();
    set.setMetadata(
        new ObjectMetaBuilder()
            .withName(Names.workload(situation.name(), tracked.track()))
            .withNamespace(situation.namespace())
            .withLabels(Labels.of(situation.name(), Labels.SERVER))
            .addToLabels(Labels.TRACK, tracked.track().text())
            .addToLabels(WorkloadLabels.of(situation))
            .build());
    set.setSpec(spec);
    return set;
  }

  /**
   * By way of a text, as what is there came: a number that was converted in memory may be a Long
   * where the parser makes an Integer, and the object would differ for ever.
   */
  private static Map<?, ?> plain(PodTemplateSpec template) {
    return Serialization.unmarshal(Serialization.asJson(template), Map.class);
  }

  @Override
  public LeaderWorkerSet create(
      LeaderWorkerSet desired, DeepSeekDeployment primary, Context<DeepSeekDeployment> context) {
    start(desired, situation(context));
    return super.create(desired, primary, context);
  }

  /** Only of the stable one the number may be an autoscaler's. */
  static void start(LeaderWorkerSet desired, Situation situation) {
    if (!desired.getSpec().containsKey("replicas")
        && situation.stable().replicas() instanceof Replicas.Autoscaled autoscaled) {
      desired.getSpec().put("replicas", autoscaled.start());
    }
  }

  @Override
  public LeaderWorkerSet update(
      LeaderWorkerSet actual,
      LeaderWorkerSet desired,
      DeepSeekDeployment primary,
      Context<DeepSeekDeployment> context) {
    if (!desired.getSpec().containsKey("replicas") && ReplicasOwner.isUs(actual, context)) {
      ReplicasOwner.handOver(actual, (Integer) actual.getSpec().get("replicas"), context);
    }
    return super.update(actual, desired, primary, context);
  }
}
