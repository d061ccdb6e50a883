package platform.deepseek.operator.anomaly;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What rules may ask for: an allow-list, so a rule reads nothing else. */
public enum Field {
  /** ERROR, WARN and so on, of a log line. */
  LOG_LEVEL,
  /** The line's text, or the event's. */
  MESSAGE,
  /** Reason of an event. */
  REASON,
  /** Normal or Warning, of an event. */
  TYPE,
  /** Name of the pod. */
  POD,
  /** Name of the node. */
  NODE,
  /** Name of the container. */
  CONTAINER,
  /** Exit code of a container that has ended. */
  EXIT_CODE,
  /** How often a container was started again. */
  RESTARTS;

  /** The field of a column's name. */
  static Field of(String column) throws BadRule {
    return Arrays.stream(values())
        .filter(field -> field.column().equals(column.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new BadRule(
                    "there is no field %s; rules may use %s"
                        .formatted(
                            column,
                            Arrays.stream(values())
                                .map(Field::column)
                                .collect(Collectors.joining(", ")))));
  }

  private String column() {
    return name().toLowerCase(Locale.ROOT);
  }
}
