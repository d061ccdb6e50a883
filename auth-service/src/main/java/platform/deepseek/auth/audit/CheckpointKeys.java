package platform.deepseek.auth.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.SigningKey;
import platform.deepseek.auth.crypto.SigningKeys;

/**
 * What checkpoints are signed with. Each key names the one after it in the last checkpoint that it
 * signs, so whoever trusts the first trusts them all.
 */
final class CheckpointKeys {

  private static final String PURPOSE = "audit";

  /**
   * @param next to be named in this checkpoint
   */
  record Turn(SigningKey key, Optional<SigningKey> next) {}

  private final SigningKeys keys;
  private final CryptoProfile profile;
  private final Duration rotation;

  CheckpointKeys(SigningKeys keys, CryptoProfile profile, Duration rotation) {
    this.keys = keys;
    this.profile = profile;
    this.rotation = rotation;
  }

  Turn turn(Optional<Checkpoint> last, Instant now) {
    List<SigningKeys.Kept> kept = keys.all(PURPOSE);
    Optional<SigningKeys.Kept> named =
        last.flatMap(
            checkpoint -> {
              String wanted = checkpoint.next().orElse(checkpoint.key());
              return kept.stream().filter(one -> one.key().publicJwk().equals(wanted)).findFirst();
            });
    // A key that nobody named, where the named one is lost, is told by whoever verifies.
    SigningKeys.Kept current =
        named.or(() -> ofProfile(kept)).orElseGet(() -> keys.add(PURPOSE, profile.signature()));
    boolean isDue =
        current.key().algorithm() != profile.signature()
            || !current.createdAt().plus(rotation).isAfter(now);
    return new Turn(
        current.key(),
        isDue ? Optional.of(keys.add(PURPOSE, profile.signature()).key()) : Optional.empty());
  }

  private Optional<SigningKeys.Kept> ofProfile(List<SigningKeys.Kept> kept) {
    return kept.stream()
        .filter(one -> one.key().algorithm() == profile.signature())
        .reduce((older, younger) -> younger);
  }
}
