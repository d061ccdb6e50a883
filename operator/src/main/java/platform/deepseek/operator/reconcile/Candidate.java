package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.desired.PortNames;
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
    return examinees(Track.CANARY, canary.canaryRevision(), resource.getSpec());
  }

  List<Examinee> stable() {
    return Optional.ofNullable(revisions.get(canary.stableRevision()))
        .map(
            revision ->
                examinees(Track.STABLE, canary.stableRevision(), revision.in(resource.getSpec())))
        .orElse(List.of());
  }

  /** Each pod at the port that it has itself: a spec may have another by now. */
  private List<Examinee> examinees(Track track, String revision, DeepSeekDeploymentSpec spec) {
    return observed.ready(track, revision).stream()
        .filter(pod -> pod.getStatus().getPodIP() != null)
        .map(
            pod ->
                new Examinee(
                    address(pod, port(pod).orElseGet(() -> spec.engine().port())),
                    spec.model().names().getFirst()))
        .toList();
  }

  private static Optional<Integer> port(Pod pod) {
    return pod.getSpec().getContainers().stream()
        .flatMap(container -> container.getPorts().stream())
        .filter(port -> PortNames.API.equals(port.getName()))
        .map(ContainerPort::getContainerPort)
        .findFirst();
  }

  private static URI address(Pod pod, int port) {
    var ip = pod.getStatus().getPodIP();
    return URI.create("http://%s:%d".formatted(ip.contains(":") ? "[" + ip + "]" : ip, port));
  }
}
