package platform.deepseek.operator.observe;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;

/** How long a replica took from its start to its first answer. */
public final class LoadTime {

  private LoadTime() {}

  /** In seconds, of the first pod that never restarted and answers. */
  public static Optional<Integer> of(Collection<Pod> servers) {
    return servers.stream()
        .filter(pod -> pod.getStatus() != null && pod.getStatus().getStartTime() != null)
        .filter(
            pod ->
                pod.getStatus().getContainerStatuses().stream()
                    .allMatch(status -> Objects.equals(status.getRestartCount(), 0)))
        .flatMap(pod -> seconds(pod).stream())
        .findFirst();
  }

  private static Optional<Integer> seconds(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(it -> it.getType().equals("Ready") && it.getStatus().equals("True"))
        .map(
            it ->
                (int)
                    Duration.between(
                            Instant.parse(pod.getStatus().getStartTime()),
                            Instant.parse(it.getLastTransitionTime()))
                        .toSeconds())
        .findFirst();
  }
}
