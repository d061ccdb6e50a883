package platform.deepseek.auth.factor;

import java.time.Instant;
import java.util.Optional;

/**
 * What may be told of a user's second factor.
 *
 * @param confirmedAt empty while there is none that works
 * @param pending whether a secret waits for its first code
 * @param recoveryCodes that are left
 * @param lockedUntil empty while codes are looked at
 */
public record FactorStatus(
    Optional<Instant> confirmedAt,
    boolean pending,
    int recoveryCodes,
    int failures,
    Optional<Instant> lockedUntil) {

  static final FactorStatus NONE =
      new FactorStatus(Optional.empty(), false, 0, 0, Optional.empty());
}
