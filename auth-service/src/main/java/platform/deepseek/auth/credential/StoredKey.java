package platform.deepseek.auth.credential;

import java.time.Instant;
import java.util.Optional;

/**
 * What is kept of a key: all but its secret.
 *
 * @param lineage id of the first key that this one descends from by rotation, or its own; limits
 *     and usage belong to it, so that a rotation neither doubles a budget nor empties a report
 * @param digest by the pepper
 * @param user id of the person it is for
 * @param successor id of the key that replaces it
 * @param overlapEndsAt when a replaced key stops working
 */
public record StoredKey(
    String id,
    String lineage,
    String environment,
    byte[] digest,
    String tenant,
    Optional<String> user,
    String name,
    Role role,
    Restrictions restrictions,
    Instant createdAt,
    Optional<Instant> expiresAt,
    Optional<String> successor,
    Optional<Instant> overlapEndsAt,
    Optional<Instant> revokedAt) {

  /** Whether a key works. */
  public enum State {
    ACTIVE,
    EXPIRED,
    REPLACED,
    REVOKED
  }

  public State stateAt(Instant now) {
    if (revokedAt.isPresent()) {
      return State.REVOKED;
    }
    if (overlapEndsAt.isPresent() && !now.isBefore(overlapEndsAt.get())) {
      return State.REPLACED;
    }
    return expiresAt.isPresent() && !now.isBefore(expiresAt.get()) ? State.EXPIRED : State.ACTIVE;
  }
}
