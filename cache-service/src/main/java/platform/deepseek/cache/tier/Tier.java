package platform.deepseek.cache.tier;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import platform.deepseek.cache.fault.Breaker;
import platform.deepseek.cache.key.CacheKey;

/**
 * A store that never fails and never keeps anybody waiting: what it cannot say in time is a miss,
 * and one that fails again and again is left alone for a while. Reads and writes have a circuit
 * breaker each, because a full disk or a read-only bucket still reads well.
 */
public final class Tier implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(Tier.class);
  private static final int FAILURES = 3;
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** How a tier fares. */
  public enum State {
    UP,
    READ_ONLY,
    DOWN
  }

  private final String name;
  private final Level level;
  private final Store store;
  private final Duration patience;
  private final Duration writePatience;
  private final Breaker reads = new Breaker(FAILURES, PAUSE, System::nanoTime);
  private final Breaker writes = new Breaker(FAILURES, PAUSE, System::nanoTime);
  private final TierCounts counts = new TierCounts();

  /**
   * @param patience after which a read is a miss
   * @param writePatience after which a write counts as failed; nobody waits for it
   */
  public Tier(String name, Level level, Store store, Duration patience, Duration writePatience) {
    this.name = name;
    this.level = level;
    this.store = store;
    this.patience = patience;
    this.writePatience = writePatience;
  }

  public String name() {
    return name;
  }

  public Level level() {
    return level;
  }

  public TierCounts counts() {
    return counts;
  }

  public long bytes() {
    return store.bytes();
  }

  public State state() {
    return reads.isOpen() ? State.DOWN : writes.isOpen() ? State.READ_ONLY : State.UP;
  }

  /**
   * Completes within the patience, and normally.
   *
   * @param late gets what came after that
   */
  public CompletableFuture<Optional<byte[]>> get(CacheKey key, Consumer<byte[]> late) {
    if (!reads.admits()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    AtomicBoolean over = new AtomicBoolean();
    return guarded(
            () -> {
              CompletableFuture<Optional<byte[]>> asked = store.get(key);
              var unused =
                  asked.thenAccept(
                      found -> {
                        if (over.get()) {
                          found.ifPresent(late);
                        }
                      });
              return asked;
            },
            patience,
            reads,
            "reading")
        .whenComplete((found, failure) -> over.set(true))
        .thenApply(
            found -> {
              Optional<byte[]> value = found == null ? Optional.empty() : found;
              (value.isPresent() ? counts.hits : counts.misses).increment();
              return value;
            });
  }

  /** Whether it is there; false where that cannot be told in time. */
  public CompletableFuture<Boolean> has(CacheKey key) {
    if (!reads.admits()) {
      return CompletableFuture.completedFuture(false);
    }
    return guarded(() -> store.has(key), patience, reads, "asking")
        .thenApply(known -> known != null && known);
  }

  /** Completes normally, whatever became of it. */
  public CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life) {
    if (!writes.admits()) {
      return CompletableFuture.completedFuture(null);
    }
    return guarded(
        () ->
            store
                .put(key, value, life)
                .thenAccept(
                    done -> {
                      counts.writes.increment();
                    }),
        writePatience,
        writes,
        "writing");
  }

  public CompletableFuture<Void> remove(CacheKey key) {
    if (!writes.admits()) {
      return CompletableFuture.completedFuture(null);
    }
    return guarded(() -> store.remove(key), writePatience, writes, "removing");
  }

  /** What was read was damaged: it goes, and it counts. */
  public void damaged(CacheKey key, String why) {
    counts.errors.increment();
    counts.evictions.increment();
    LOG.warnf("an entry of %s is dropped: %s", name, why);
    var unused = remove(key);
  }

  @Override
  public void close() {
    store.close();
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException ? failure.getCause() : failure;
  }

  private interface Call<T> {
    CompletableFuture<T> start();
  }

  private <T> CompletableFuture<T> guarded(
      Call<T> call, Duration limit, Breaker breaker, String what) {
    CompletableFuture<T> asked;
    try {
      asked = call.start();
    } catch (RuntimeException e) {
      asked = CompletableFuture.failedFuture(e);
    }
    if (asked.isDone() && !asked.isCompletedExceptionally()) {
      breaker.succeeded();
      return asked;
    }
    return asked
        .copy() // the store's own goes on when time is up
        .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
        .handle(
            (result, failure) -> {
              if (failure == null) {
                breaker.succeeded();
                return result;
              }
              counts.errors.increment();
              if (cause(failure) instanceof DamagedValue damage) {
                breaker.succeeded();
                LOG.debugf("an entry of %s is damaged: %s", name, damage.getMessage());
                return null;
              }
              boolean wasOpen = breaker.isOpen();
              breaker.failed();
              if (!wasOpen && breaker.isOpen()) {
                LOG.warnf("%s %s failed and is left alone for a while: %s", what, name, failure);
              }
              return null;
            });
  }
}
