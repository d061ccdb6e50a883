package platform.deepseek.auth.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import platform.deepseek.auth.identity.Authenticator;
import platform.deepseek.auth.identity.Directory;
import platform.deepseek.auth.identity.FreshCache;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.identity.TokenVerifier;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.token.grant.AccessToken;
import platform.deepseek.auth.token.grant.AccessTokens;
import platform.deepseek.auth.token.issuer.IssuerUnavailable;
import platform.deepseek.auth.token.issuer.ProviderTokens;
import platform.deepseek.auth.token.issuer.Vouched;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.SignedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/**
 * From a bearer token to who holds it.
 *
 * <p>To examine a token costs a signature, and may cost a request to its issuer; so what was found
 * is kept for a few seconds, under the SHA-256 of the whole token and never of a part of it: caches
 * keyed by a prefix have let people in as others (CVE-2026-35030). What can change within these
 * seconds is asked anew for each request: the clock, whether the issuer is entered as it was,
 * whether the token was revoked, and what its holder may do.
 *
 * <p>Who sent a bad token is told that it is bad, and nothing more; why is in a metric.
 */
public final class BearerTokens implements TokenVerifier {

  private static final Logger LOG = Logger.getLogger(BearerTokens.class);
  private static final long MOST_ENTRIES = 100_000;
  private static final Duration KEEP_REFUSED = Duration.ofSeconds(5);

  /** Those that cost something to find and do not heal when an administrator mends something. */
  private static final Set<TokenFault> KEPT = Set.of(TokenFault.SIGNATURE, TokenFault.INACTIVE);

  /** What a token was found to be. */
  private sealed interface Examined {

    record OfProvider(Vouched vouched, Optional<String> account) implements Examined {}

    record Ours(AccessToken token) implements Examined {}

    record Refused(TokenFault fault) implements Examined {}
  }

  private final ProviderTokens providers;
  private final AccessTokens own;
  private final Authenticator authenticator;
  private final FreshCache<Directory.Person, Directory.Standing> people;
  private final Consumer<TokenFault> refusals;
  private final Executor executor;
  private final InstantSource clock;
  private final Cache<ByteBuffer, Examined> examined;
  private final Cache<ByteBuffer, Examined.Refused> refused;

  /**
   * @param keep how long what was found is used at most
   * @param refusals is told of each token that is refused
   * @param executor for what blocks
   * @param nanoTime a clock that never goes back
   */
  public BearerTokens(
      ProviderTokens providers,
      AccessTokens own,
      Authenticator authenticator,
      Directory directory,
      RevisionWatch watch,
      Duration keep,
      Consumer<TokenFault> refusals,
      Executor executor,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.providers = providers;
    this.own = own;
    this.authenticator = authenticator;
    this.people = new FreshCache<>(directory::standing, watch, keep, executor);
    this.refusals = refusals;
    this.executor = executor;
    this.clock = clock;
    this.examined = cache(keep, nanoTime);
    this.refused = cache(KEEP_REFUSED, nanoTime);
  }

  private static <V> Cache<ByteBuffer, V> cache(Duration keep, LongSupplier nanoTime) {
    return Caffeine.newBuilder()
        .expireAfterWrite(keep)
        .ticker(nanoTime::getAsLong)
        .maximumSize(MOST_ENTRIES)
        .build();
  }

  @Override
  public CompletableFuture<Verdict> verify(String token) {
    return verify(token, Set.of(own.settings().audience()));
  }

  /** The same for tokens of ours that are for another audience: what they are worth there. */
  public CompletableFuture<Verdict> verifyForAll(String token) {
    return verify(token, Set.copyOf(own.settings().audiences()));
  }

  private CompletableFuture<Verdict> verify(String token, Set<String> audiences) {
    ByteBuffer digest = digest(token);
    return found(token, digest)
        .thenCompose(
            what ->
                switch (what) {
                  case Examined.OfProvider(Vouched vouched, Optional<String> account) ->
                      providers
                          .at(vouched.issuer().url())
                          .thenCompose(
                              issuer ->
                                  issuer.equals(Optional.of(vouched.issuer()))
                                      ? judge(vouched, account)
                                      : anew(token, digest));
                  case Examined.Ours(AccessToken ours) -> judge(ours, audiences);
                  case Examined.Refused(TokenFault fault) -> throw new RefusedToken(fault);
                })
        .exceptionallyCompose(this::verdict);
  }

  /** What is known of the token, at once, or what is found out about it on another thread. */
  private CompletableFuture<Examined> found(String token, ByteBuffer digest) {
    Examined known = examined.getIfPresent(digest);
    if (known == null) {
      known = refused.getIfPresent(digest);
    }
    return known != null
        ? CompletableFuture.completedFuture(known)
        : CompletableFuture.supplyAsync(() -> examine(token, digest), executor);
  }

  /** The issuer was changed since: nothing found under its old terms counts. */
  private CompletableFuture<Verdict> anew(String token, ByteBuffer digest) {
    examined.invalidate(digest);
    return CompletableFuture.supplyAsync(() -> examine(token, digest), executor)
        .thenCompose(
            what ->
                what instanceof Examined.OfProvider(Vouched vouched, Optional<String> account)
                    ? judge(vouched, account)
                    : CompletableFuture.completedFuture(new Verdict.Unknown()));
  }

  private Examined examine(String token, ByteBuffer digest) {
    try {
      Examined found = examine(token);
      examined.put(digest, found);
      return found;
    } catch (RefusedToken e) {
      if (KEPT.contains(e.fault())) {
        refused.put(digest, new Examined.Refused(e.fault()));
      }
      throw e;
    }
  }

  private Examined examine(String text) {
    if (!SignedToken.looksLike(text)) {
      return examined(providers.examineOpaque(text));
    }
    SignedToken token = SignedToken.parse(text);
    return own.isOurs(token)
        ? new Examined.Ours(own.examine(token))
        : examined(providers.examine(token));
  }

  private Examined examined(Vouched vouched) {
    return new Examined.OfProvider(vouched, providers.account(vouched));
  }

  private CompletableFuture<Verdict> judge(Vouched vouched, Optional<String> account) {
    requireTime(vouched.expiresAt());
    if (vouched.role().isEmpty() || account.isEmpty()) {
      return CompletableFuture.completedFuture(new Verdict.WithoutRole(vouched.subject()));
    }
    return people
        .get(new Directory.Person(account.get(), vouched.role().get()))
        .thenApply(
            found -> {
              if (found.isEmpty()) {
                return new Verdict.Unknown();
              }
              Identity identity = found.get().identity();
              return found.get().disabled()
                  ? new Verdict.Disabled(identity.credential())
                  : new Verdict.Known(identity.with(vouched.assurance()));
            });
  }

  /** Worth what its key is worth now, within its own scopes. */
  private CompletableFuture<Verdict> judge(AccessToken token, Set<String> audiences) {
    if (!audiences.contains(token.audience())) {
      throw new RefusedToken(TokenFault.AUDIENCE);
    }
    requireTime(token.expiresAt());
    return own.isRevoked(token)
        .thenCompose(
            revoked -> {
              if (revoked) {
                throw new RefusedToken(TokenFault.REVOKED);
              }
              return authenticator.holderOf(token.key());
            })
        .thenApply(
            verdict ->
                verdict instanceof Verdict.Known(Identity identity)
                    ? new Verdict.Known(
                        identity.with(identity.restrictions().within(token.scopes())))
                    : verdict);
  }

  /**
   * Ends a token of ours before its time; what is none, or holds no more, needs nothing (RFC 7009
   * section 2.2). Whoever has a bearer token may end it: there is nothing else that shows whose it
   * is.
   */
  public CompletableFuture<Void> revoke(String token) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            SignedToken signed = SignedToken.parse(token);
            if (own.isOurs(signed)) {
              own.revoke(own.examine(signed));
            }
          } catch (RefusedToken e) {
            LOG.debugf("nothing to revoke: %s", e.fault().label());
          }
        },
        executor);
  }

  private void requireTime(Instant expiresAt) {
    if (!clock.instant().isBefore(expiresAt)) {
      throw new RefusedToken(TokenFault.EXPIRED);
    }
  }

  private CompletableFuture<Verdict> verdict(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case RefusedToken refusal -> {
        refusals.accept(refusal.fault());
        yield CompletableFuture.completedFuture(
            refusal.fault() == TokenFault.EXPIRED
                ? new Verdict.ExpiredToken()
                : new Verdict.Unknown());
      }
      case IssuerUnavailable unavailable -> {
        LOG.debugf("a token cannot be examined: %s", unavailable.getMessage());
        yield CompletableFuture.completedFuture(
            new Verdict.Unknowable(
                "The identity provider of this token does not answer, so nobody new is let in by"
                    + " it. Try again in a few seconds."));
      }
      default -> CompletableFuture.failedFuture(cause);
    };
  }

  private static ByteBuffer digest(String token) {
    try {
      return ByteBuffer.wrap(
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
