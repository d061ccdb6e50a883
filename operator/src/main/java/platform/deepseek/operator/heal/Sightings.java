package platform.deepseek.operator.heal;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import platform.deepseek.operator.anomaly.Field;
import platform.deepseek.operator.anomaly.Observation;
import platform.deepseek.operator.desired.Labels;

/** What rules look at, made of what Kubernetes shows. */
public final class Sightings {

  private static final int LONGEST_LINE = 4_096;

  private Sightings() {}

  /** Containers that have ended with an error; their last words are the message. */
  public static List<Observation> ends(Collection<Pod> pods) {
    return pods.stream().flatMap(pod -> statuses(pod).flatMap(it -> end(pod, it))).toList();
  }

  private static Stream<ContainerStatus> statuses(Pod pod) {
    return pod.getStatus() == null
        ? Stream.empty()
        : Stream.of(
                pod.getStatus().getInitContainerStatuses(), pod.getStatus().getContainerStatuses())
            .flatMap(List::stream);
  }

  private static Stream<Observation> end(Pod pod, ContainerStatus status) {
    return Stream.of(status.getState(), status.getLastState())
        .filter(Objects::nonNull)
        .map(state -> state.getTerminated())
        .filter(ended -> ended != null && ended.getExitCode() != null && ended.getExitCode() != 0)
        .map(ended -> end(pod, status, ended));
  }

  private static Observation end(
      Pod pod, ContainerStatus status, ContainerStateTerminated terminated) {
    var fields = of(pod);
    fields.put(Field.CONTAINER, status.getName());
    fields.put(Field.LOG_LEVEL, "ERROR");
    fields.put(Field.EXIT_CODE, terminated.getExitCode());
    fields.put(Field.RESTARTS, status.getRestartCount() == null ? 0 : status.getRestartCount());
    put(fields, Field.REASON, terminated.getReason());
    put(fields, Field.MESSAGE, terminated.getMessage());
    return new Observation(
        "end/%s/%s/%s"
            .formatted(pod.getMetadata().getUid(), status.getName(), terminated.getFinishedAt()),
        time(terminated.getFinishedAt()).orElseGet(() -> created(pod)),
        revision(pod),
        fields);
  }

  /** Events of these pods. */
  public static List<Observation> events(Collection<Event> events, Collection<Pod> pods) {
    return pods.stream()
        .flatMap(
            pod ->
                events.stream()
                    .filter(
                        event ->
                            Objects.equals(
                                event.getInvolvedObject().getUid(), pod.getMetadata().getUid()))
                    .map(event -> event(pod, event)))
        .toList();
  }

  private static Observation event(Pod pod, Event event) {
    var fields = of(pod);
    put(fields, Field.TYPE, event.getType());
    put(fields, Field.REASON, event.getReason());
    put(fields, Field.MESSAGE, event.getMessage());
    var last =
        Stream.of(event.getLastTimestamp(), event.getFirstTimestamp())
            .map(Sightings::time)
            .flatMap(Optional::stream)
            .findFirst();
    return new Observation(
        "event/%s/%s".formatted(event.getMetadata().getUid(), event.getCount()),
        last.orElseGet(() -> created(pod)),
        revision(pod),
        fields);
  }

  /** Lines of a container's log, each with its time in front as Kubernetes puts it. */
  public static List<Observation> lines(Pod pod, String container, String log) {
    var lines = log.split("\n");
    return IntStream.range(0, lines.length)
        .filter(number -> !lines[number].isBlank())
        .mapToObj(number -> line(pod, container, lines[number], number))
        .toList();
  }

  private static Observation line(Pod pod, String container, String line, int number) {
    var space = line.indexOf(' ');
    var stamped = space < 0 ? Optional.<Instant>empty() : time(line.substring(0, space));
    var text = stamped.isPresent() ? line.substring(space + 1) : line;
    var fields = of(pod);
    fields.put(Field.CONTAINER, container);
    var said = LogLine.of(text);
    var message = said.message();
    fields.put(Field.MESSAGE, message.substring(0, Math.min(message.length(), LONGEST_LINE)));
    said.level().ifPresent(level -> fields.put(Field.LOG_LEVEL, level));
    return new Observation(
        "line/%s/%s/%s"
            .formatted(
                pod.getMetadata().getUid(),
                container,
                stamped.map(Instant::toString).orElseGet(() -> number + text)),
        stamped.orElseGet(() -> created(pod)),
        revision(pod),
        fields);
  }

  private static Map<Field, Object> of(Pod pod) {
    var fields = new EnumMap<Field, Object>(Field.class);
    fields.put(Field.POD, pod.getMetadata().getName());
    put(fields, Field.NODE, pod.getSpec() == null ? null : pod.getSpec().getNodeName());
    return fields;
  }

  private static void put(Map<Field, Object> fields, Field field, String value) {
    if (value != null) {
      fields.put(field, value);
    }
  }

  private static String revision(Pod pod) {
    return pod.getMetadata().getLabels().getOrDefault(Labels.REVISION, "");
  }

  private static Instant created(Pod pod) {
    return time(pod.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH);
  }

  private static Optional<Instant> time(String text) {
    try {
      return text == null ? Optional.empty() : Optional.of(Instant.parse(text));
    } catch (DateTimeParseException e) {
      return Optional.empty(); // A line without a time in front.
    }
  }
}
