package platform.deepseek.auth.token.issuer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.SignedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/**
 * The public keys of one issuer.
 *
 * <p>They are fetched when a token comes that needs one, and again after a while, in the
 * background. A token that names a key which is not among them is how a rotation is noticed, and
 * how strangers would make us knock at the issuer's door: so it fetches too, but never sooner than
 * some seconds after the last attempt, for all tokens together. An issuer that does not answer
 * leaves its last keys in force until they are too old, and then nobody in. A key that the issuer
 * withdraws is trusted no longer than until the next refresh.
 */
final class ProviderKeys {

  private static final Logger LOG = Logger.getLogger(ProviderKeys.class);
  private static final int MOST_KEYS = 100;

  private record Snapshot(List<PublicJsonWebKey> keys, Optional<URI> introspection, long at) {}

  private final String issuer;
  private final IssuerHttp http;
  private final IssuerSettings settings;
  private final Executor executor;
  private final LongSupplier nanoTime;
  private final ReentrantLock fetching = new ReentrantLock();
  private final AtomicBoolean refreshing = new AtomicBoolean();
  private volatile Snapshot snapshot; // null until the issuer has answered once
  private volatile Attempt last; // null before the first

  private record Attempt(long at, Optional<IssuerUnavailable> failure) {}

  /**
   * @param executor for refreshing behind the back of requests
   */
  ProviderKeys(
      String issuer,
      IssuerHttp http,
      IssuerSettings settings,
      Executor executor,
      LongSupplier nanoTime) {
    this.issuer = issuer;
    this.http = http;
    this.settings = settings;
    this.executor = executor;
    this.nanoTime = nanoTime;
  }

  /**
   * The key that the token has to be signed with; blocks when it has to be fetched.
   *
   * @throws RefusedToken when the issuer has none
   * @throws IssuerUnavailable when that cannot be known
   */
  PublicJsonWebKey of(SignedToken token) {
    Optional<PublicJsonWebKey> known = find(current(), token);
    if (known.isPresent()) {
      return known.get();
    }
    return find(fetchAgain(), token).orElseThrow(() -> new RefusedToken(TokenFault.KEY));
  }

  /**
   * Where tokens are asked about.
   *
   * @throws IssuerUnavailable when it is not known, or there is no such place
   */
  URI introspection() {
    return current()
        .introspection()
        .orElseThrow(() -> new IssuerUnavailable(issuer + " has no introspection_endpoint"));
  }

  private static Optional<PublicJsonWebKey> find(Snapshot snapshot, SignedToken token) {
    List<PublicJsonWebKey> fit =
        snapshot.keys().stream()
            .filter(key -> token.key().isEmpty() || token.key().get().equals(key.getKeyId()))
            .filter(
                key -> key.getAlgorithm() == null || key.getAlgorithm().equals(token.algorithm()))
            .toList();
    return fit.size() == 1
        ? Optional.of(fit.getFirst())
        : Optional.empty(); // one, or none can tell
  }

  private Snapshot current() {
    Snapshot now = snapshot;
    if (now != null && isYounger(now.at(), settings.refreshAfter())) {
      return now;
    }
    if (now != null && isYounger(now.at(), settings.maxAge())) {
      refreshBehind();
      return now;
    }
    return fetch(null);
  }

  private Snapshot fetchAgain() {
    return fetch(snapshot);
  }

  private void refreshBehind() {
    if (mayTry() && refreshing.compareAndSet(false, true)) {
      executor.execute(
          () -> {
            try {
              fetch(snapshot);
            } catch (IssuerUnavailable e) {
              LOG.debugf("the keys of %s stay as they are: %s", issuer, e.getMessage());
            } finally {
              refreshing.set(false);
            }
          });
    }
  }

  /** One asks, the others wait for what it gets. Fails when this or the last attempt did. */
  private Snapshot fetch(Snapshot seen) {
    fetching.lock();
    try {
      Snapshot now = snapshot;
      if (now != seen && now != null && isYounger(now.at(), settings.maxAge())) {
        return now; // another asked meanwhile
      }
      if (mayTry()) {
        attempt();
      }
      if (last.failure().isPresent()) {
        throw last.failure().get();
      }
      return snapshot;
    } finally {
      fetching.unlock();
    }
  }

  private void attempt() {
    long begin = nanoTime.getAsLong();
    try {
      Metadata metadata = Metadata.discover(http, issuer);
      ObjectNode json =
          http.get(metadata.keys())
              .orElseThrow(() -> new IssuerUnavailable(metadata.keys() + " is not there"));
      snapshot = new Snapshot(publicKeys(json), metadata.introspection(), begin);
      last = new Attempt(begin, Optional.empty());
    } catch (IssuerUnavailable e) {
      LOG.warnf("the keys of %s cannot be fetched: %s", issuer, e.getMessage());
      last = new Attempt(begin, Optional.of(e));
    }
  }

  private List<PublicJsonWebKey> publicKeys(ObjectNode json) {
    if (!json.path("keys").isArray()) {
      throw new IssuerUnavailable("what %s publishes is no key set".formatted(issuer));
    }
    return StreamSupport.stream(json.get("keys").spliterator(), false)
        .limit(MOST_KEYS)
        .flatMap(key -> publicKey(key.toString()).stream())
        .filter(key -> key.getUse() == null || key.getUse().equals("sig"))
        .toList();
  }

  /** Nothing for a key of a kind that is not known here; a shared secret is nobody's public key. */
  private Optional<PublicJsonWebKey> publicKey(String json) {
    try {
      return Optional.of(PublicJsonWebKey.Factory.newPublicJwk(json));
    } catch (JoseException | RuntimeException e) { // of the latter for a member of another type
      LOG.debugf(e, "%s publishes a key that cannot be read", issuer);
      return Optional.empty();
    }
  }

  private boolean mayTry() {
    Attempt before = last;
    return before == null || !isYounger(before.at(), settings.retryAfter());
  }

  private boolean isYounger(long at, Duration age) {
    return nanoTime.getAsLong() - at < age.toNanos();
  }
}
