package platform.deepseek.auth.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts what strangers can make happen as often as they like: a source has its first event of a
 * kind written, and in the end of the minute one more with how often it came. So an attacker with
 * one address writes two rows a minute, and one with many at most twice {@link #MOST_KINDS}.
 */
final class Repeats {

  static final Duration WINDOW = Duration.ofMinutes(1);
  static final int MOST_KINDS = 1_000;

  private record Kind(
      Actor actor, String source, String action, Outcome outcome, Map<String, String> details) {
    static Kind of(AuditEvent event) {
      return new Kind(
          event.actor(), event.source(), event.action(), event.outcome(), event.details());
    }

    /** What is left of it when there are too many. */
    Kind crowd() {
      return new Kind(Actor.UNKNOWN, "many", action, outcome, Map.of());
    }
  }

  private static final class Count {
    private final String object;
    private final Instant since;
    private long more;

    Count(String object, Instant since) {
      this.object = object;
      this.since = since;
    }
  }

  private final Map<Kind, Count> counts = new LinkedHashMap<>();

  /** Whether it is the first of its kind and has to be written; else it is counted. */
  synchronized boolean isFirst(AuditEvent event, Instant now) {
    Kind kind = Kind.of(event);
    Count known = counts.get(kind);
    if (known == null && counts.size() < MOST_KINDS) {
      counts.put(kind, new Count(event.object(), now));
      return true;
    }
    if (known == null) {
      known = counts.computeIfAbsent(kind.crowd(), crowd -> new Count("", now));
    }
    known.more++;
    return false;
  }

  /** What has been counted for a minute, and is counted anew from now on. */
  synchronized List<AuditEvent> due(Instant now) {
    List<AuditEvent> events = new ArrayList<>();
    counts
        .entrySet()
        .removeIf(
            entry -> {
              boolean over = !entry.getValue().since.plus(WINDOW).isAfter(now);
              if (over && entry.getValue().more > 0) {
                events.add(counted(entry.getKey(), entry.getValue()));
              }
              return over;
            });
    return events;
  }

  private static AuditEvent counted(Kind kind, Count count) {
    Map<String, String> details = new HashMap<>(kind.details());
    details.put("repeated", Long.toString(count.more));
    details.put("since", count.since.toString());
    return new AuditEvent(
        kind.actor(), kind.source(), kind.action(), count.object, kind.outcome(), "", details);
  }
}
