package platform.deepseek.auth.limit;

/**
 * The limits of one level for one subject.
 *
 * @param subject id of the tenant, the user or the key; empty for the platform
 */
public record Bound(Level level, String subject, Limits limits) {

  /** How its counters are named. */
  String name() {
    return level.label() + ":" + subject;
  }
}
