package platform.deepseek.auth.identity;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import platform.deepseek.auth.store.Database;

/**
 * Knows the number of the newest change to the database, and since when it knows. A number that is
 * older than the time within which revocations must hold is no knowledge any more: then every
 * credential is looked up, and a database that does not answer lets nobody in.
 */
public final class RevisionWatch {

  private record Seen(long number, long at) {}

  private final Database database;
  private final Duration trust;
  private final LongSupplier nanoTime;
  private volatile Seen seen;

  /**
   * @param trust how long a number is believed
   * @param nanoTime a clock that never goes back
   */
  public RevisionWatch(Database database, Duration trust, LongSupplier nanoTime) {
    this.database = database;
    this.trust = trust;
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
  synchronized void observe(long number, long at) {
    Seen last = seen;
    seen =
        last == null
            ? new Seen(number, at)
            : new Seen(Math.max(number, last.number), at - last.at > 0 ? at : last.at);
  }

  /** Whether the database answered lately. */
  public boolean isFresh() {
    return number().isPresent();
  }

  /** Whether what was read then may still be used. */
  boolean isRecent(long at) {
    return nanoTime.getAsLong() - at < trust.toNanos();
  }

  long now() {
    return nanoTime.getAsLong();
  }

  /** The number, or nothing when it is not known well enough. */
  OptionalLong number() {
    Seen latest = seen;
    return latest != null && isRecent(latest.at)
        ? OptionalLong.of(latest.number)
        : OptionalLong.empty();
  }
}
