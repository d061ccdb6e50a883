package platform.deepseek.auth.identity;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Revision;

/**
 * Knows the newest change to the database, and since when it knows. What it learned longer ago than
 * the time within which revocations must hold is no knowledge any more: then every credential is
 * looked up, and a database that does not answer lets nobody in.
 *
 * <p>Changes are numbered, so the newest is the one with the highest number. The exception is a
 * database that has lost its last changes: a look that began after a change was known, and did not
 * find it, proves that it is gone. Then what the database says now is believed, and the loss is
 * told of. A look that began before proves nothing, it only took long. Lost changes whose numbers
 * were all given anew, and more, between two looks are not noticed; what was read before them is
 * not used any more all the same.
 */
public final class RevisionWatch {

  /**
   * @param learned when the newest change became known
   * @param at when the latest look began that found no newer one
   */
  private record Seen(Revision newest, long learned, long at) {}

  private final Database database;
  private final Duration trust;
  private final Setbacks setbacks;
  private final LongSupplier nanoTime;
  private volatile Seen seen;
  private Long rewoundAt;

  /**
   * @param trust how long a number is believed
   * @param nanoTime a clock that never goes back
   */
  public RevisionWatch(
      Database database, Duration trust, Setbacks setbacks, LongSupplier nanoTime) {
    this.database = database;
    this.trust = trust;
    this.setbacks = setbacks;
    this.nanoTime = nanoTime;
  }

  /**
   * Asks the database; to be called several times within the time of trust.
   *
   * @throws platform.deepseek.auth.store.StoreUnavailable when it does not answer
   */
  public void poll() {
    long before = nanoTime.getAsLong();
    observe(database.revision(), before);
  }

  /**
   * Learns from anybody else's look.
   *
   * @param at when the look began
   */
  void observe(Revision found, long at) {
    learn(found, at).ifPresent(setbacks::rewound);
  }

  private synchronized Optional<Rewind> learn(Revision found, long at) {
    Seen last = seen;
    long now = nanoTime.getAsLong();
    if (last == null) {
      seen = new Seen(found, now, at);
    } else if (found.equals(last.newest)) {
      seen = new Seen(found, last.learned, later(at, last.at));
    } else if (found.number() > last.newest.number()) {
      // Of a look that began before the loss was noticed, who knows which history it read?
      if (rewoundAt == null || at - rewoundAt > 0) {
        seen = new Seen(found, now, later(at, last.at));
      }
    } else if (at - last.learned > 0) {
      seen = new Seen(found, now, at);
      rewoundAt = now;
      return Optional.of(new Rewind(last.newest, found));
    }
    return Optional.empty();
  }

  private static long later(long one, long other) {
    return one - other > 0 ? one : other;
  }

  /** Whether the database answered lately. */
  public boolean isFresh() {
    return newest().isPresent();
  }

  /** Whether what was read then may still be used. */
  boolean isRecent(long at) {
    return nanoTime.getAsLong() - at < trust.toNanos();
  }

  long now() {
    return nanoTime.getAsLong();
  }

  /** The newest change, or nothing when it is not known well enough. */
  Optional<Revision> newest() {
    Seen latest = seen;
    return latest != null && isRecent(latest.at) ? Optional.of(latest.newest) : Optional.empty();
  }
}
