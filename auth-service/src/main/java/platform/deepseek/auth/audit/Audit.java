package platform.deepseek.auth.audit;

import java.util.concurrent.CompletableFuture;

/** Where events go. None of the three waits for the database. */
public interface Audit {

  /**
   * Will be written soon. When the database is away for so long that too many wait, it is dropped,
   * and how many were is written when it is back.
   */
  void record(AuditEvent event);

  /**
   * The same for what strangers can make happen as often as they like: the first of its kind
   * (actor, source, action, details) in a minute is written like the others, the rest of the minute
   * as one event with their count.
   */
  void recordRepeatable(AuditEvent event);

  /**
   * For what must not happen unless it is in the book: administration.
   *
   * @return done when the event is in the database; fails with {@link AuditUnavailable} when that
   *     cannot be had in time, and then the thing must not be done
   */
  CompletableFuture<Void> recordFirst(AuditEvent event);
}
