package platform.deepseek.auth.token.issuer;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import platform.deepseek.auth.identity.FreshCache;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.SignedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/**
 * Examines tokens of identity providers: issuer, algorithm, key, signature, claims, in this order.
 *
 * <p>The signature is checked by jose4j and not by quarkus-oidc, which stands on jose4j itself.
 * quarkus-oidc authenticates HTTP requests by their own header, while decisions are asked about
 * credentials in a body; its tenants are configuration, while issuers are rows that administrators
 * add; it retries an unknown key only every ten minutes and then sends the token to introspection.
 */
public final class ProviderTokens {

  private static final String ALL = "";

  private final FreshCache<String, Map<String, Issuer>> issuers;
  private final FreshCache<String, List<Issuer>> introspected;
  private final IssuerHttp http;
  private final IssuerSettings settings;
  private final Executor executor;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final ClaimRules rules;
  private final Introspector introspector;
  private final Subjects subjects;
  private final ConcurrentMap<String, ProviderKeys> keys = new ConcurrentHashMap<>();

  /**
   * @param keep how long an issuer that was looked up is used at most
   * @param executor for what blocks
   * @param nanoTime a clock that never goes back
   */
  public ProviderTokens(
      Database database,
      RevisionWatch watch,
      Duration keep,
      ClientSecrets secrets,
      IssuerSettings settings,
      Executor executor,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.issuers =
        new FreshCache<>(
            all -> FreshCache.Dated.read(database, session -> Optional.of(Issuers.byUrl(session))),
            watch,
            keep,
            executor);
    this.introspected =
        new FreshCache<>(
            all ->
                FreshCache.Dated.read(
                    database, session -> Optional.of(Issuers.withOpaqueTokens(session))),
            watch,
            keep,
            executor);
    this.http = new IssuerHttp(settings);
    this.settings = settings;
    this.executor = executor;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.rules = new ClaimRules(settings.skew());
    this.introspector = new Introspector(http, secrets);
    this.subjects = new Subjects(database, clock);
  }

  /** The issuer as it is entered now; nothing when it is no more. */
  public CompletableFuture<Optional<Issuer>> at(String url) {
    return issuers.get(ALL).thenApply(all -> all.map(known -> known.get(url)));
  }

  /**
   * Blocks where keys have to be fetched or the issuer asked.
   *
   * @throws RefusedToken when it is worth nothing
   * @throws IssuerUnavailable when that cannot be known
   */
  public Vouched examine(SignedToken token) {
    Issuer issuer = issuerOf(token.claims().required("iss"));
    if (Algorithm.of(token.algorithm()).filter(issuer.terms().algorithms()::contains).isEmpty()) {
      throw new RefusedToken(TokenFault.ALGORITHM);
    }
    rules.requireAccessToken(token);
    if (!JwsSignature.holds(token, keysOf(issuer).of(token).getPublicKey())) {
      throw new RefusedToken(TokenFault.SIGNATURE);
    }
    Vouched vouched = rules.judge(issuer, token.claims(), clock.instant());
    if (issuer.introspection().filter(Issuer.Introspection::everyToken).isPresent()) {
      introspector.ask(keysOf(issuer).introspection(), issuer, token.text());
    }
    return vouched;
  }

  /** Strangers name what they like here: it is looked for among all that are known, in memory. */
  private Issuer issuerOf(String url) {
    return at(url).join().orElseThrow(() -> new RefusedToken(TokenFault.ISSUER));
  }

  /** The same for a token that is no JWT: only its issuer knows what it is. */
  public Vouched examineOpaque(String token) {
    Issuer issuer =
        introspected.get(ALL).join().stream()
            .flatMap(List::stream)
            .filter(one -> token.startsWith(one.opaquePrefix().orElseThrow()))
            .findFirst()
            .orElseThrow(() -> new RefusedToken(TokenFault.ISSUER));
    return rules.judge(
        issuer, introspector.ask(keysOf(issuer).introspection(), issuer, token), clock.instant());
  }

  /** The id of the account of who is vouched for, in the role that they have now. */
  public Optional<String> account(Vouched vouched) {
    return vouched
        .role()
        .map(role -> subjects.account(vouched.issuer(), vouched.subject(), vouched.name(), role));
  }

  private ProviderKeys keysOf(Issuer issuer) {
    return keys.computeIfAbsent(
        issuer.url(), url -> new ProviderKeys(url, http, settings, executor, nanoTime));
  }

  /** To be called when the service stops. */
  public void close() {
    http.close();
  }
}
