package platform.deepseek.auth.token.grant;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.crypto.SigningKeys.Kept;

/**
 * Which key does what at a moment, out of the times at which they were made: all replicas come to
 * the same without asking each other. A key is public at once, signs from {@code publishedAhead}
 * later until the next one does, and is believed until the last token that it signed is over. The
 * very first signs at once: there is no other.
 *
 * @param keys oldest first
 */
record SigningSchedule(GrantSettings settings, List<Kept> keys) {

  /** By which replicas' clocks may differ, and for which they may keep an older list. */
  private static final Duration MARGIN = Duration.ofMinutes(1);

  Optional<Kept> signs(Instant now) {
    return keys.reversed().stream()
        .filter(key -> !now.isBefore(signsFrom(key)))
        .findFirst()
        .or(() -> keys.stream().findFirst());
  }

  /** Whether another key has to be made. */
  boolean needsAnother(Instant now) {
    return keys.isEmpty()
        || !now.isBefore(
            signsFrom(keys.getLast()).plus(settings.rotation()).minus(settings.publishedAhead()));
  }

  /** Those that verify nothing any more. */
  List<Kept> over(Instant now) {
    return keys.stream().filter(key -> !now.isBefore(verifiesUntil(key))).toList();
  }

  private Instant verifiesUntil(Kept key) {
    int next = keys.indexOf(key) + 1;
    return next == keys.size()
        ? Instant.MAX
        : signsFrom(keys.get(next)).plus(settings.lifetime()).plus(MARGIN);
  }

  private Instant signsFrom(Kept key) {
    return key.equals(keys.getFirst())
        ? key.createdAt()
        : key.createdAt().plus(settings.publishedAhead());
  }
}
