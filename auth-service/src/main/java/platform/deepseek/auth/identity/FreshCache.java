package platform.deepseek.auth.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Revision;
import platform.deepseek.auth.store.StoreUnavailable;

/**
 * Keeps what was read from the database for a few seconds, and uses it only while the newest change
 * to the database is still the one that was the newest then: {@link RevisionWatch}. What is known
 * not to be there is kept as well, apart from the rest, so that a flood of invented keys cannot
 * push out real ones. However many requests ask for a key at once, it is looked up once.
 *
 * @param <K> what is looked up, whole: never a part or a prefix of it
 * @param <V> what is found
 */
public final class FreshCache<K, V> {

  private static final long MOST_ENTRIES = 100_000;
  private static final int MOST_LOOKS = 3;

  /**
   * @param revision of the database: the value is at least as new
   */
  public record Dated<V>(Revision revision, Optional<V> value) {

    /**
     * The revision is read first: a change that comes between makes the value look old, not new.
     */
    public static <V> Dated<V> read(Database database, Database.Work<Optional<V>> work) {
      return database.read(
          session -> {
            Revision revision = Database.revision(session);
            return new Dated<>(revision, work.run(session));
          });
    }
  }

  private final Function<K, Dated<V>> source;
  private final RevisionWatch watch;
  private final Executor executor;
  private final Cache<K, Dated<V>> known;
  private final Cache<K, Dated<V>> unknown;
  private final ConcurrentMap<K, CompletableFuture<Look<V>>> loading = new ConcurrentHashMap<>();

  /**
   * @param begun by the watch's clock
   */
  private record Look<V>(long begun, Dated<V> dated) {}

  /**
   * @param source that blocks
   * @param keep how long a value is used at most
   * @param executor for asking the source
   */
  public FreshCache(
      Function<K, Dated<V>> source, RevisionWatch watch, Duration keep, Executor executor) {
    this.source = source;
    this.watch = watch;
    this.executor = executor;
    this.known = Caffeine.newBuilder().expireAfterWrite(keep).maximumSize(MOST_ENTRIES).build();
    this.unknown = Caffeine.newBuilder().expireAfterWrite(keep).maximumSize(MOST_ENTRIES).build();
  }

  /**
   * What there is under the key: at once when that is known.
   *
   * @return fails with StoreUnavailable when the database had to be asked and did not answer
   */
  public CompletableFuture<Optional<V>> get(K key) {
    Dated<V> kept = kept(key);
    return kept != null
        ? CompletableFuture.completedFuture(kept.value())
        : fresh(key, watch.now(), MOST_LOOKS).thenApply(Dated::value);
  }

  /**
   * A look that began after it was asked for has seen all that was changed before. One that was
   * joined, or took long, may have missed a change.
   */
  private CompletableFuture<Dated<V>> fresh(K key, long asked, int looks) {
    return load(key)
        .thenCompose(
            look -> {
              boolean own = look.begun() - asked >= 0 && watch.isRecent(look.begun());
              if (own || isCurrent(look.dated())) {
                return CompletableFuture.completedFuture(look.dated());
              }
              if (looks == 1) {
                throw new StoreUnavailable("the database answers too slowly to know what holds");
              }
              return fresh(key, asked, looks - 1);
            });
  }

  private boolean isCurrent(Dated<V> dated) {
    return watch.newest().filter(dated.revision()::equals).isPresent();
  }

  private Dated<V> kept(K key) {
    Dated<V> dated = known.getIfPresent(key);
    if (dated == null) {
      dated = unknown.getIfPresent(key);
    }
    return dated != null && isCurrent(dated) ? dated : null;
  }

  private CompletableFuture<Look<V>> load(K key) {
    CompletableFuture<Look<V>> running =
        loading.computeIfAbsent(
            key, begun -> CompletableFuture.supplyAsync(() -> look(key), executor));
    return running.whenComplete((look, failure) -> loading.remove(key, running));
  }

  private Look<V> look(K key) {
    long before = watch.now();
    Dated<V> dated = source.apply(key);
    watch.observe(dated.revision(), before);
    (dated.value().isPresent() ? known : unknown).put(key, dated);
    if (dated.value().isPresent()) {
      unknown.invalidate(key);
    }
    return new Look<>(before, dated);
  }
}
