package platform.deepseek.operator.observe;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.LeaderWorkerSet;

/**
 * A Deployment or LeaderWorkerSet of one track, in the numbers both have.
 *
 * @param revision revision that its pod template has
 * @param wanted replicas its spec asks for
 * @param replicas replicas that exist
 * @param ready replicas that answer
 * @param updated replicas of the newest template
 * @param refused what the API server said when it refused a pod
 * @param stuck whether it made no progress within its deadline
 * @param surge whether it starts a replica before it stops one
 */
public record Workload(
    String track,
    String revision,
    int wanted,
    int replicas,
    int ready,
    int updated,
    boolean current,
    Optional<String> refused,
    boolean stuck,
    boolean surge) {

  /** All replicas exist in the newest template and answer. */
  public boolean isSettled() {
    return current && updated == wanted && replicas == wanted && ready == wanted;
  }

  static Workload of(Deployment deployment) {
    var metadata = deployment.getMetadata();
    var status = Optional.ofNullable(deployment.getStatus());
    var conditions = status.map(it -> it.getConditions()).orElse(List.of());
    return new Workload(
        metadata.getLabels().get(Labels.TRACK),
        deployment.getSpec().getTemplate().getMetadata().getLabels().get(Labels.REVISION),
        deployment.getSpec().getReplicas(),
        status.map(it -> it.getReplicas()).orElse(0),
        status.map(it -> it.getReadyReplicas()).orElse(0),
        status.map(it -> it.getUpdatedReplicas()).orElse(0),
        status
            .map(it -> Objects.equals(it.getObservedGeneration(), metadata.getGeneration()))
            .orElse(false),
        conditions.stream()
            .filter(it -> it.getType().equals("ReplicaFailure") && it.getStatus().equals("True"))
            .map(DeploymentCondition::getMessage)
            .findFirst(),
        conditions.stream()
            .anyMatch(
                it ->
                    it.getType().equals("Progressing")
                        && "ProgressDeadlineExceeded".equals(it.getReason())),
        Optional.ofNullable(deployment.getSpec().getStrategy().getRollingUpdate())
            .map(update -> !Integer.valueOf(0).equals(update.getMaxSurge().getIntVal()))
            .orElse(false));
  }

  static Workload of(LeaderWorkerSet set) {
    var metadata = set.getMetadata();
    var labels =
        LeaderWorkerSet.at(
            set.getSpec(), "leaderWorkerTemplate", "leaderTemplate", "metadata", "labels");
    var surge =
        LeaderWorkerSet.at(
            set.getSpec(), "rolloutStrategy", "rollingUpdateConfiguration", "maxSurge");
    var status = Optional.ofNullable(set.getStatus()).orElse(Map.of());
    return new Workload(
        metadata.getLabels().get(Labels.TRACK),
        labels instanceof Map<?, ?> map ? (String) map.get(Labels.REVISION) : null,
        number(set.getSpec().get("replicas"), 1),
        number(status.get("replicas"), 0),
        number(status.get("readyReplicas"), 0),
        number(status.get("updatedReplicas"), 0),
        true, // This API counts no observed generation.
        Optional.empty(),
        false,
        number(surge, 0) > 0);
  }

  private static int number(Object value, int otherwise) {
    return value instanceof Number number ? number.intValue() : otherwise;
  }
}
