package platform.deepseek.auth.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import platform.deepseek.auth.store.Revision;
import platform.deepseek.auth.store.StoreUnavailable;

/**
 * Asks the database whether ids that nobody has met here exist at all, for many of them at once.
 *
 * <p>Anybody can invent well-formed keys. Were each looked up for itself, a flood of them would
 * hold every connection, and those whose keys are real would wait behind it. So all strangers
 * together have one connection: while it is being asked the next ones gather, and the next question
 * is about all of them. Who was met once does not come by here again.
 */
final class Strangers {

  static final int MOST_WAITING = 10_000;
  static final int MOST_AT_ONCE = 512;
  private static final long MOST_MET = 100_000;

  /**
   * @param revision of the database: what exists is at least as new
   */
  record Existing(Revision revision, Set<String> ids) {}

  private record Waiting(String id, CompletableFuture<Existing> answer) {}

  private final Function<List<String>, Existing> look;
  private final Executor executor;
  private final Cache<String, Boolean> met = Caffeine.newBuilder().maximumSize(MOST_MET).build();
  private final Queue<Waiting> waiting = new ArrayDeque<>(); // guarded by this
  private boolean looking; // guarded by this

  /**
   * @param look which of these ids exist; blocks
   * @param executor for looking
   */
  Strangers(Function<List<String>, Existing> look, Executor executor) {
    this.look = look;
    this.executor = executor;
  }

  /**
   * Blocks while strangers are being asked about; their question ends when the database's patience
   * does, and all who wait with it.
   *
   * @return as of which revision the id does not exist; nothing when it does
   * @throws StoreUnavailable when the database does not answer, or too many wait for it
   */
  Optional<Revision> absent(String id) {
    if (met.getIfPresent(id) != null) {
      return Optional.empty();
    }
    CompletableFuture<Existing> answer = new CompletableFuture<>();
    if (enter(new Waiting(id, answer))) {
      begin();
    }
    Existing existing = join(answer);
    if (!existing.ids().contains(id)) {
      return Optional.of(existing.revision());
    }
    met.put(id, true);
    return Optional.empty();
  }

  /** Whether nobody is looking yet. */
  private synchronized boolean enter(Waiting one) {
    if (waiting.size() == MOST_WAITING) {
      throw new StoreUnavailable(
          "%,d keys that were never seen here wait for the database already"
              .formatted(MOST_WAITING));
    }
    waiting.add(one);
    boolean first = !looking;
    looking = true;
    return first;
  }

  synchronized int waiting() {
    return waiting.size();
  }

  private void begin() {
    try {
      executor.execute(this::lookUntilNobodyWaits);
    } catch (RuntimeException e) {
      failAll(e);
      throw e;
    }
  }

  private void lookUntilNobodyWaits() {
    for (List<Waiting> batch = next(); !batch.isEmpty(); batch = next()) {
      try {
        Existing existing = look.apply(List.copyOf(ids(batch)));
        batch.forEach(one -> one.answer().complete(existing));
      } catch (RuntimeException e) {
        batch.forEach(one -> one.answer().completeExceptionally(e));
        failAll(e); // they would wait as long for the same
        return;
      }
    }
  }

  private static Set<String> ids(List<Waiting> batch) {
    Set<String> ids = new HashSet<>();
    batch.forEach(one -> ids.add(one.id()));
    return ids;
  }

  private synchronized List<Waiting> next() {
    List<Waiting> batch = new ArrayList<>();
    while (!waiting.isEmpty() && batch.size() < MOST_AT_ONCE) {
      batch.add(waiting.remove());
    }
    looking = !batch.isEmpty();
    return batch;
  }

  private void failAll(RuntimeException cause) {
    List<Waiting> all;
    synchronized (this) {
      all = List.copyOf(waiting);
      waiting.clear();
      looking = false;
    }
    all.forEach(one -> one.answer().completeExceptionally(cause));
  }

  private static Existing join(CompletableFuture<Existing> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreUnavailable unavailable ? unavailable : e;
    }
  }
}
