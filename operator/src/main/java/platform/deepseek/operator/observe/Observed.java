package platform.deepseek.operator.observe;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.LeaderWorkerSet;
import platform.deepseek.operator.desired.Track;

/**
 * The objects of one resource, as the informers have them.
 *
 * @param nodes those on which its pods are
 * @param events of pods in trouble and their nodes
 */
public record Observed(
    List<Workload> workloads,
    List<Pod> pods,
    List<Job> jobs,
    List<PersistentVolumeClaim> claims,
    List<HorizontalPodAutoscaler> autoscalers,
    List<Node> nodes,
    List<Event> events,
    List<HasMetadata> all) {

  public static Observed of(Collection<? extends HasMetadata> objects) {
    return new Observed(
        Stream.concat(
                kind(objects, Deployment.class).map(Workload::of),
                kind(objects, LeaderWorkerSet.class).map(Workload::of))
            .toList(),
        kind(objects, Pod.class).toList(),
        kind(objects, Job.class).toList(),
        kind(objects, PersistentVolumeClaim.class).toList(),
        kind(objects, HorizontalPodAutoscaler.class).toList(),
        List.of(),
        List.of(),
        List.copyOf(objects));
  }

  /** With the nodes on which the pods are. */
  public Observed on(List<Node> nodes) {
    return new Observed(workloads, pods, jobs, claims, autoscalers, nodes, events, all);
  }

  /** With Events of pods and nodes. */
  public Observed with(List<Event> events) {
    return new Observed(workloads, pods, jobs, claims, autoscalers, nodes, events, all);
  }

  private static <T> Stream<T> kind(Collection<? extends HasMetadata> objects, Class<T> type) {
    return objects.stream().filter(type::isInstance).map(type::cast);
  }

  public Optional<Workload> workload(Track track) {
    return workloads.stream().filter(one -> track.text().equals(one.track())).findFirst();
  }

  /** Pods that serve, of one track. */
  public List<Pod> servers(Track track) {
    return pods.stream()
        .filter(pod -> Labels.SERVER.equals(label(pod, Labels.COMPONENT)))
        .filter(pod -> track.text().equals(label(pod, Labels.TRACK)))
        .toList();
  }

  /**
   * Pods that serve a revision and answer. While a track's pods are replaced those of the revision
   * before are still there, and ready, so that a workload's own count would speak for both.
   */
  public List<Pod> ready(Track track, String revision) {
    return servers(track).stream()
        .filter(pod -> revision.equals(label(pod, Labels.REVISION)))
        .filter(Observed::answers)
        .toList();
  }

  private static boolean answers(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(it -> it.getType().equals("Ready") && it.getStatus().equals("True"));
  }

  /** Pods that download. */
  public List<Pod> downloads() {
    return pods.stream()
        .filter(pod -> Labels.DOWNLOAD.equals(label(pod, Labels.COMPONENT)))
        .toList();
  }

  private static String label(Pod pod, String name) {
    return pod.getMetadata().getLabels().get(name);
  }
}
