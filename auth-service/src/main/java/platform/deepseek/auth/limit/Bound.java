package platform.deepseek.auth.limit;

import platform.deepseek.auth.usage.Holder;

/**
 * The limits of one level for one subject.
 *
 * @param subject id of the tenant, the user or the key; empty for the platform
 */
public record Bound(Level level, String subject, Limits limits) {

  /** Whose usage its budgets are about. */
  Holder holder() {
    return switch (level) {
      case PLATFORM -> new Holder.Everybody();
      case TENANT -> new Holder.Tenant(subject);
      case USER -> new Holder.User(subject);
      case KEY -> new Holder.Key(subject);
    };
  }

  /** How its counters are named. */
  public String name() {
    return level.label() + ":" + subject;
  }
}
