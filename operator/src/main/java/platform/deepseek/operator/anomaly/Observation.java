package platform.deepseek.operator.anomaly;

import java.time.Instant;
import java.util.Map;

/**
 * One log line or event, as fields that rules may ask for.
 *
 * @param fields by their names in rules; a field that is missing is null there
 */
public record Observation(Instant time, Map<Field, Object> fields) {

  /** The field's value, or null. */
  public Object get(Field field) {
    return fields.get(field);
  }
}
