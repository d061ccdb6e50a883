package platform.deepseek.auth.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.store.Revision;

/**
 * From a key to who holds it.
 *
 * <p>What was read from the database is kept for a few seconds under the key's whole public id:
 * {@link FreshCache}. Nothing that depends on the secret is ever kept or looked up by: the digest
 * is made and compared for each request anew.
 *
 * <p>A revocation is final: a key that was seen revoked stays refused here, whatever the database
 * says later, because a database that is no more what it was may have lost the revocation.
 *
 * <p>An unknown id and a wrong secret take one path: the digest is made first, the entry is looked
 * up, and where there is none a random digest is compared with, all in constant time.
 */
public final class Authenticator {

  private static final int DIGEST_BYTES = 32;
  private static final long MOST_REVOKED = 100_000;

  private final Pepper pepper;
  private final InstantSource clock;
  private final byte[] nobodysDigest = new byte[DIGEST_BYTES];
  private final FreshCache<String, Directory.Holder> holders;
  private final Cache<String, Instant> revoked =
      Caffeine.newBuilder().maximumSize(MOST_REVOKED).build();
  private final Strangers strangers;
  private final Setbacks setbacks;

  /**
   * @param keep how long an entry is used at most
   * @param executor for looking up, which blocks
   */
  public Authenticator(
      Pepper pepper,
      Directory directory,
      RevisionWatch watch,
      Setbacks setbacks,
      Duration keep,
      Executor executor,
      InstantSource clock) {
    this.pepper = pepper;
    this.clock = clock;
    this.setbacks = setbacks;
    this.strangers = new Strangers(directory::existing, executor);
    this.holders = new FreshCache<>(id -> look(directory, id), watch, keep, executor);
    new SecureRandom().nextBytes(nobodysDigest);
  }

  /**
   * Says whose key it is: at once when that is known.
   *
   * @return fails with StoreUnavailable when the database had to be asked and did not answer
   */
  public CompletableFuture<Verdict> authenticate(ApiKey key) {
    byte[] digest = pepper.digest(key);
    return holders
        .get(key.id())
        .thenApply(
            holder -> {
              byte[] expected =
                  holder.map(Directory.Holder::key).map(StoredKey::digest).orElse(nobodysDigest);
              return Pepper.equal(expected, digest) && holder.isPresent()
                  ? judge(holder.get())
                  : new Verdict.Unknown();
            });
  }

  /**
   * Says whose key has this id: for who has proven otherwise to stand for its holder, as a token
   * that was made from the key does.
   *
   * @return fails with StoreUnavailable when the database had to be asked and did not answer
   */
  public CompletableFuture<Verdict> holderOf(String id) {
    return holders
        .get(id)
        .thenApply(holder -> holder.map(this::judge).orElseGet(Verdict.Unknown::new));
  }

  private FreshCache.Dated<Directory.Holder> look(Directory directory, String id) {
    Optional<Revision> absent = strangers.absent(id);
    if (absent.isPresent()) {
      return new FreshCache.Dated<>(absent.get(), Optional.empty());
    }
    FreshCache.Dated<Directory.Holder> read = directory.holder(id);
    read.value().map(Directory.Holder::key).ifPresent(this::remember);
    return read;
  }

  private void remember(StoredKey key) {
    if (key.revokedAt().isPresent()) {
      revoked.put(key.id(), key.revokedAt().get());
      return;
    }
    Instant before = revoked.getIfPresent(key.id());
    if (before != null) {
      setbacks.unrevoked(key.id(), before);
    }
  }

  private Verdict judge(Directory.Holder holder) {
    StoredKey key = holder.key();
    StoredKey.State state =
        revoked.getIfPresent(key.id()) == null
            ? key.stateAt(clock.instant())
            : StoredKey.State.REVOKED;
    if (state != StoredKey.State.ACTIVE) {
      return new Verdict.Lapsed(key.id(), state);
    }
    return holder.disabled()
        ? new Verdict.Disabled(key.id())
        : new Verdict.Known(holder.identity());
  }
}
