package platform.deepseek.operator.observe;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.resource.Reason;

/** What is wrong with pods, in Kubernetes' own words, with what to do about it. */
public final class Diagnosis {

  private static final int OUT_OF_MEMORY_KILL = 137;

  private Diagnosis() {}

  /** During a rollout the newest pod tells what is wrong with the spec of today. */
  private static final Comparator<Pod> NEWEST_FIRST =
      Comparator.comparing((Pod pod) -> text(pod.getMetadata().getCreationTimestamp()))
          .thenComparing(pod -> version(pod.getMetadata().getResourceVersion()))
          .reversed();

  /** The trouble of the newest pod of a track that has one, the most telling kind first. */
  public static Optional<Trouble> of(Observed observed, Track track) {
    return of(observed.servers(track), observed.nodes(), observed.events());
  }

  static Optional<Trouble> of(
      Collection<Pod> pods, Collection<Node> nodes, Collection<Event> events) {
    return pods.stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .sorted(NEWEST_FIRST)
        .map(pod -> of(pod, nodes, events))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<Trouble> of(Pod pod, Collection<Node> nodes, Collection<Event> events) {
    return of(pod)
        .map(trouble -> trouble.because(PodEvents.added(pod, events)))
        .or(() -> NodeDiagnosis.of(pod, nodes))
        .or(() -> probe(pod, events));
  }

  /** Whether Events may tell more about a pod than its status does. */
  public static boolean isAiling(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && (of(pod).isPresent() || startedAndNotReady(pod).isPresent());
  }

  private static Optional<ContainerStatus> startedAndNotReady(Pod pod) {
    return pod.getStatus() == null
        ? Optional.empty()
        : pod.getStatus().getContainerStatuses().stream()
            .filter(status -> Boolean.TRUE.equals(status.getStarted()))
            .filter(status -> Boolean.FALSE.equals(status.getReady()))
            .findFirst();
  }

  private static Optional<Trouble> probe(Pod pod, Collection<Event> events) {
    return startedAndNotReady(pod)
        .flatMap(
            status ->
                PodEvents.probe(pod, events)
                    .map(
                        said ->
                            trouble(
                                Reason.PROBE_FAILS,
                                pod,
                                "Unhealthy",
                                "container %s runs and does not answer: %s%s"
                                    .formatted(
                                        status.getName(),
                                        said,
                                        PodEvents.gpuFault(pod, events)
                                            .map(it -> " (" + it + ")")
                                            .orElse("")),
                                null)));
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }

  /** Of a change; the API server of this Kubernetes counts them. */
  private static long version(String value) {
    return value == null || !value.matches("\\d{1,18}") ? 0 : Long.parseLong(value);
  }

  /** Whether the scheduler finds no node for a pod. */
  public static boolean isUnschedulable(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && unschedulable(pod).isPresent();
  }

  static Optional<Trouble> of(Pod pod) {
    if (pod.getStatus() == null) {
      return Optional.empty();
    }
    return containers(pod)
        .map(status -> container(pod, status))
        .flatMap(Optional::stream)
        .findFirst()
        .or(() -> unschedulable(pod))
        .or(() -> lost(pod));
  }

  private static Stream<ContainerStatus> containers(Pod pod) {
    return Stream.of(
            pod.getStatus().getInitContainerStatuses(), pod.getStatus().getContainerStatuses())
        .flatMap(List::stream);
  }

  private static Optional<Trouble> container(Pod pod, ContainerStatus status) {
    var waiting = Optional.ofNullable(status.getState()).map(state -> state.getWaiting());
    var last =
        Optional.ofNullable(status.getLastState())
            .map(state -> state.getTerminated())
            .or(() -> Optional.ofNullable(status.getState()).map(state -> state.getTerminated()))
            .filter(ended -> ended.getExitCode() != null && ended.getExitCode() != 0);
    if (waiting.isEmpty() || waiting.get().getReason() == null) {
      return Optional.empty();
    }
    return switch (waiting.get().getReason()) {
      case "CrashLoopBackOff", "RunContainerError", "CreateContainerError" ->
          Optional.of(crash(pod, status, waiting.get(), last));
      case "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull" ->
          Optional.of(
              trouble(
                  Reason.IMAGE_PULL,
                  pod,
                  waiting.get().getReason(),
                  "image %s of container %s cannot be fetched%s; check engine.image and security.imagePullSecrets"
                      .formatted(status.getImage(), status.getName(), says(waiting.get())),
                  null));
      case "CreateContainerConfigError" ->
          Optional.of(
              trouble(
                  Reason.SECRET_MISSING,
                  pod,
                  waiting.get().getReason(),
                  "container %s cannot be set up%s"
                      .formatted(status.getName(), says(waiting.get())),
                  null));
      default -> Optional.empty();
    };
  }

  private static Trouble crash(
      Pod pod,
      ContainerStatus status,
      ContainerStateWaiting waiting,
      Optional<ContainerStateTerminated> last) {
    var said = last.map(ContainerStateTerminated::getMessage).orElse("");
    var code = last.map(ContainerStateTerminated::getExitCode).orElse(null);
    if (last.map(it -> "OOMKilled".equals(it.getReason())).orElse(false)
        || (code != null && code == OUT_OF_MEMORY_KILL)) {
      return trouble(
          Reason.OUT_OF_MEMORY,
          pod,
          "OOMKilled",
          "container %s took more than its memory limit and was ended %d time(s); raise engine.resources.limits.memory"
              .formatted(status.getName(), status.getRestartCount()),
          code);
    }
    if (said != null && said.contains("CUDA out of memory")) {
      return trouble(
          Reason.GPU_OUT_OF_MEMORY,
          pod,
          waiting.getReason(),
          "the GPU's memory ran out; lower model.maxConcurrency or maxContextTokens, or raise topology.tensor: "
              + lastLines(said),
          code);
    }
    return trouble(
        Reason.CRASH_LOOP,
        pod,
        waiting.getReason(),
        "container %s ended %d time(s)%s%s"
            .formatted(
                status.getName(),
                status.getRestartCount(),
                code == null ? "" : ", last with exit code " + code,
                said == null || said.isBlank() ? says(waiting) : ": " + lastLines(said)),
        code);
  }

  private static Optional<Trouble> unschedulable(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(it -> it.getType().equals("PodScheduled") && it.getStatus().equals("False"))
        .map(
            it ->
                trouble(
                    Reason.UNSCHEDULABLE,
                    pod,
                    it.getReason(),
                    "no node takes the pod: " + it.getMessage(),
                    null))
        .findFirst();
  }

  private static Optional<Trouble> lost(Pod pod) {
    return "NodeLost".equals(pod.getStatus().getReason())
        ? Optional.of(
            trouble(
                Reason.NODE_LOST,
                pod,
                "NodeLost",
                "node %s does not answer".formatted(pod.getSpec().getNodeName()),
                null))
        : Optional.empty();
  }

  private static Trouble trouble(
      Reason reason, Pod pod, String detail, String message, Integer code) {
    return new Trouble(reason, "Pod/" + pod.getMetadata().getName(), detail, message, code);
  }

  private static String says(ContainerStateWaiting waiting) {
    return waiting.getMessage() == null ? "" : ": " + waiting.getMessage();
  }

  private static String lastLines(String text) {
    var lines = text.strip().split("\n");
    return String.join(" | ", List.of(lines).subList(Math.max(0, lines.length - 3), lines.length));
  }
}
