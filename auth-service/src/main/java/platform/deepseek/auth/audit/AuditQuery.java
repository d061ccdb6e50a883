package platform.deepseek.auth.audit;

import java.time.Instant;
import java.util.Optional;

/**
 * Which events are looked for. Whatever is absent does not matter; actions and objects may end with
 * {@code *}.
 *
 * @param from the earliest
 * @param to before this
 * @param actor a user or a key
 */
public record AuditQuery(
    Optional<Instant> from,
    Optional<Instant> to,
    Optional<String> tenant,
    Optional<String> actor,
    Optional<String> action,
    Optional<String> object,
    Optional<String> outcome,
    Optional<String> source,
    Optional<String> correlation) {

  /** All events of one request. */
  public static AuditQuery ofCorrelation(String correlation) {
    return new AuditQuery(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(correlation));
  }
}
