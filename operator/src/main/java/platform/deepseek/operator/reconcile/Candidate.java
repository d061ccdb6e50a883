package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Pod;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.exam.Examinee;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;

/**
 * A new revision that takes traffic and is judged.
 *
 * @param canary the rollout's state, as it was written down last
 */
record Candidate(
    DeepSeekDeployment resource,
    Observed observed,
    Map<String, Revision> revisions,
    CanaryStatus canary) {

  /** What tells one look from the next, also after a restart. */
  String look() {
    return "%s %s %s".formatted(canary.canaryRevision(), canary.since(), canary.lastChecked());
  }

  List<Examinee> tried() {
    return examinees(Track.CANARY, resource.getSpec());
  }

  List<Examinee> stable() {
    return Optional.ofNullable(revisions.get(canary.stableRevision()))
        .map(revision -> examinees(Track.STABLE, revision.in(resource.getSpec())))
        .orElse(List.of());
  }

  private List<Examinee> examinees(Track track, DeepSeekDeploymentSpec spec) {
    return observed.servers(track).stream()
        .filter(Candidate::isReady)
        .map(
            pod ->
                new Examinee(address(pod, spec.engine().port()), spec.model().names().getFirst()))
        .toList();
  }

  private static boolean isReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && pod.getStatus().getPodIP() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(it -> it.getType().equals("Ready") && it.getStatus().equals("True"));
  }

  private static URI address(Pod pod, int port) {
    var ip = pod.getStatus().getPodIP();
    return URI.create("http://%s:%d".formatted(ip.contains(":") ? "[" + ip + "]" : ip, port));
  }
}
