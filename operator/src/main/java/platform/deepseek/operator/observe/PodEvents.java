package platform.deepseek.operator.observe;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** What Events add to a pod's own status: probes that fail, and faults of its node's GPUs. */
final class PodEvents {

  private static final String PROBE = "Unhealthy";
  private static final String GPU_FAULT = "xid";

  private PodEvents() {}

  /** What the newest failure of a probe says. */
  static Optional<String> probe(Pod pod, Collection<Event> events) {
    return newest(
        events.stream()
            .filter(event -> PROBE.equals(event.getReason()))
            .filter(
                event ->
                    Objects.equals(
                        event.getInvolvedObject().getUid(), pod.getMetadata().getUid())));
  }

  /** What the newest Event about a GPU of the pod's node says. */
  static Optional<String> gpuFault(Pod pod, Collection<Event> events) {
    return newest(
            events.stream()
                .filter(event -> "Node".equals(event.getInvolvedObject().getKind()))
                .filter(
                    event ->
                        Objects.equals(
                            event.getInvolvedObject().getName(), pod.getSpec().getNodeName()))
                .filter(event -> speaksOfAFault(event)))
        .map(message -> "node %s: %s".formatted(pod.getSpec().getNodeName(), message));
  }

  private static boolean speaksOfAFault(Event event) {
    return Stream.of(event.getReason(), event.getMessage())
        .filter(Objects::nonNull)
        .anyMatch(text -> text.toLowerCase(java.util.Locale.ROOT).contains(GPU_FAULT));
  }

  /** In brackets, to be put behind what a pod's status says; empty where there is nothing. */
  static String added(Pod pod, Collection<Event> events) {
    var all =
        Stream.of(probe(pod, events), gpuFault(pod, events)).flatMap(Optional::stream).toList();
    return all.isEmpty() ? "" : " (%s)".formatted(String.join("; ", all));
  }

  private static Optional<String> newest(Stream<Event> events) {
    List<Event> known = events.filter(event -> event.getMessage() != null).toList();
    return known.stream()
        .max(Comparator.comparing(event -> Objects.requireNonNullElse(time(event), "")))
        .map(event -> event.getMessage().strip());
  }

  private static String time(Event event) {
    return event.getLastTimestamp() == null
        ? event.getMetadata().getCreationTimestamp()
        : event.getLastTimestamp();
  }
}
