package platform.deepseek.auth.audit;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

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
  private static final Pattern KEY = Pattern.compile("sk-[A-Za-z0-9_-]+");
  private static final Pattern UNSTORABLE = Pattern.compile("[\\x00\\p{Cs}]");

  public AuditEvent {
    if (!action.matches("[a-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException("'" + action + "' is not the name of an action");
    }
    if (details.size() > MOST_DETAILS) {
      throw new IllegalArgumentException(
          "%s has %d details, at most %d are kept".formatted(action, details.size(), MOST_DETAILS));
    }
    actor =
        new Actor(
            clean(actor.tenant()), clean(actor.user()), clean(actor.key()), clean(actor.role()));
    source = clean(source);
    object = clean(object);
    correlation = clean(correlation);
    Map<String, String> kept = new TreeMap<>();
    details.forEach((name, value) -> kept.put(clean(name), clean(value)));
    details = Map.copyOf(kept);
  }

  /** Of the service itself. */
  public static AuditEvent ofService(String action, String object, Map<String, String> details) {
    return new AuditEvent(Actor.SERVICE, "", action, object, Outcome.SUCCEEDED, "", details);
  }

  /** Short, without what looks like a key, and without what a database cannot hold. */
  private static String clean(String text) {
    String secretless = KEY.matcher(text).replaceAll("sk-***");
    String shortened =
        secretless.length() <= LONGEST_TEXT
            ? secretless
            : secretless.substring(0, LONGEST_TEXT - 1) + "…";
    return UNSTORABLE.matcher(shortened).replaceAll("\ufffd");
  }
}
