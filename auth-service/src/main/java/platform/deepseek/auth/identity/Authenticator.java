package platform.deepseek.auth.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.store.StoreUnavailable;

/**
 * From a key to who holds it.
 *
 * <p>What was read from the database is kept for a few seconds under the key's whole public id, and
 * what is known not to be there as well, apart from it, so that a flood of invented ids cannot push
 * out real ones. An entry is used only while no change to the database is newer than it: {@link
 * RevisionWatch}. Nothing that depends on the secret is ever kept or looked up by: the digest is
 * made and compared for each request anew.
 *
 * <p>An unknown id and a wrong secret take one path: the digest is made first, the entry is looked
 * up, and where there is none a random digest is compared with, all in constant time.
 */
public final class Authenticator {

  private static final int DIGEST_BYTES = 32;
  private static final long MOST_ENTRIES = 100_000;
  private static final int MOST_LOOKS = 3;

  private final Pepper pepper;
  private final Directory directory;
  private final RevisionWatch watch;
  private final Executor executor;
  private final InstantSource clock;
  private final byte[] nobodysDigest = new byte[DIGEST_BYTES];
  private final Cache<String, Directory.Entry> known;
  private final Cache<String, Directory.Entry> unknown;
  private final ConcurrentMap<String, CompletableFuture<Directory.Entry>> loading =
      new ConcurrentHashMap<>();

  /**
   * @param keep how long an entry is used at most
   * @param executor for looking up, which blocks
   */
  public Authenticator(
      Pepper pepper,
      Directory directory,
      RevisionWatch watch,
      Duration keep,
      Executor executor,
      InstantSource clock) {
    this.pepper = pepper;
    this.directory = directory;
    this.watch = watch;
    this.executor = executor;
    this.clock = clock;
    this.known = Caffeine.newBuilder().expireAfterWrite(keep).maximumSize(MOST_ENTRIES).build();
    this.unknown = Caffeine.newBuilder().expireAfterWrite(keep).maximumSize(MOST_ENTRIES).build();
    new SecureRandom().nextBytes(nobodysDigest);
  }

  /**
   * Says whose key it is: at once when that is known.
   *
   * @return fails with StoreUnavailable when the database had to be asked and did not answer
   */
  public CompletableFuture<Verdict> authenticate(ApiKey key) {
    byte[] digest = pepper.digest(key);
    Directory.Entry entry = kept(key.id());
    return entry != null
        ? CompletableFuture.completedFuture(judge(entry, digest))
        : fresh(key.id(), MOST_LOOKS).thenApply(loaded -> judge(loaded, digest));
  }

  /** A look that was joined, or took long, may have missed a change that was already made. */
  private CompletableFuture<Directory.Entry> fresh(String id, int looks) {
    return load(id)
        .thenCompose(
            entry -> {
              if (isCurrent(entry)) {
                return CompletableFuture.completedFuture(entry);
              }
              if (looks == 1) {
                throw new StoreUnavailable("the database answers too slowly to know what holds");
              }
              return fresh(id, looks - 1);
            });
  }

  private boolean isCurrent(Directory.Entry entry) {
    OptionalLong newest = watch.number();
    return newest.isPresent() && entry.revision() >= newest.getAsLong();
  }

  private Directory.Entry kept(String id) {
    Directory.Entry entry = known.getIfPresent(id);
    if (entry == null) {
      entry = unknown.getIfPresent(id);
    }
    return entry != null && isCurrent(entry) ? entry : null;
  }

  /** However many requests come with a key at once, it is looked up once. */
  private CompletableFuture<Directory.Entry> load(String id) {
    CompletableFuture<Directory.Entry> running =
        loading.computeIfAbsent(
            id, begun -> CompletableFuture.supplyAsync(() -> look(id), executor));
    return running.whenComplete((entry, failure) -> loading.remove(id, running));
  }

  private Directory.Entry look(String id) {
    long before = watch.now();
    Directory.Entry entry = directory.load(id);
    watch.observe(entry.revision(), before);
    (entry.holder().isPresent() ? known : unknown).put(id, entry);
    if (entry.holder().isPresent()) {
      unknown.invalidate(id);
    }
    return entry;
  }

  private Verdict judge(Directory.Entry entry, byte[] digest) {
    Optional<Directory.Holder> holder = entry.holder();
    byte[] expected =
        holder.map(Directory.Holder::key).map(StoredKey::digest).orElse(nobodysDigest);
    if (!Pepper.equal(expected, digest) || holder.isEmpty()) {
      return new Verdict.Unknown();
    }
    StoredKey key = holder.get().key();
    StoredKey.State state = key.stateAt(clock.instant());
    if (state != StoredKey.State.ACTIVE) {
      return new Verdict.Lapsed(key.id(), state);
    }
    return holder.get().disabled()
        ? new Verdict.Disabled(key.id())
        : new Verdict.Known(holder.get().identity());
  }
}
