package platform.deepseek.auth.audit;

import java.util.Map;
import java.util.TreeMap;

/**
 * Something that matters. Never holds a secret, and no prompt unless the tenant asked for it.
 *
 * @param source the client's address; empty: the service itself
 * @param action what was done, in words such as {@code key.issue}, {@code second-factor.fail}:
 *     lower case letters, digits, {@code . _ -}, at most 64
 * @param object what it was done to, such as {@code key/Ab12Cd34} or a path; may be empty
 * @param correlation what the events of one request have in common; may be empty
 * @param details short texts by name
 */
public record AuditEvent(
    Actor actor,
    String source,
    String action,
    String object,
    Outcome outcome,
    String correlation,
    Map<String, String> details) {

  private static final int LONGEST_TEXT = 500;
  private static final int MOST_DETAILS = 16;

  public AuditEvent {
    if (!action.matches("[a-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException("'" + action + "' is not the name of an action");
    }
    if (details.size() > MOST_DETAILS) {
      throw new IllegalArgumentException(
          "%s has %d details, at most %d are kept".formatted(action, details.size(), MOST_DETAILS));
    }
    source = shortened(source);
    object = shortened(object);
    correlation = shortened(correlation);
    Map<String, String> kept = new TreeMap<>();
    details.forEach((name, value) -> kept.put(shortened(name), shortened(value)));
    details = Map.copyOf(kept);
  }

  /** Of the service itself. */
  public static AuditEvent ofService(String action, String object, Map<String, String> details) {
    return new AuditEvent(Actor.SERVICE, "", action, object, Outcome.SUCCEEDED, "", details);
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT - 1) + "…";
  }
}
