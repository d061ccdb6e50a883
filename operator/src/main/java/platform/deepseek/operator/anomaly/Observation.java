package platform.deepseek.operator.anomaly;

import java.time.Instant;
import java.util.Map;

/**
 * One log line, end of a container or Event, as fields that rules may ask for.
 *
 * @param id the same for the same thing seen again
 * @param revision of the pod that it was seen at, or empty
 * @param fields by their names in rules; a field that is missing is null there
 */
public record Observation(String id, Instant time, String revision, Map<Field, Object> fields) {

  /** The field's value, or null. */
  public Object get(Field field) {
    return fields.get(field);
  }

  /** The field's value as text, or empty. */
  public String text(Field field) {
    return fields.getOrDefault(field, "").toString();
  }
}
