package platform.deepseek.auth.factor;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import platform.deepseek.auth.identity.RevisionWatch;

/**
 * Asks the database whether it changed, for whoever has to know what was committed before they
 * asked. One question runs at a time and one waits, which all share that come meanwhile: however
 * many ask, the database is asked by one.
 */
final class NextPoll {

  private final RevisionWatch watch;
  private final Executor executor;
  private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);
  private CompletableFuture<Void> waiting;

  NextPoll(RevisionWatch watch, Executor executor) {
    this.watch = watch;
    this.executor = executor;
  }

  /** Done when a question was answered that began after this call. */
  synchronized CompletableFuture<Void> await() {
    if (waiting == null) {
      waiting = running.handle((done, failure) -> done).thenRunAsync(this::poll, executor);
    }
    return waiting;
  }

  private void poll() {
    synchronized (this) {
      running = waiting;
      waiting = null;
    }
    watch.poll();
  }
}
