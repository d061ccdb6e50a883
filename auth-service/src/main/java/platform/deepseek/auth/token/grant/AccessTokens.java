package platform.deepseek.auth.token.grant;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.SigningKey;
import platform.deepseek.auth.crypto.SigningKeys;
import platform.deepseek.auth.crypto.SigningKeys.Kept;
import platform.deepseek.auth.identity.FreshCache;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Revision;
import platform.deepseek.auth.token.jose.Claims;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.SignedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/**
 * Makes short-lived JWTs (RFC 9068) out of API keys, and examines, revokes and forgets them.
 *
 * <p>A token names the key that it was made from and is worth what that key is worth when it is
 * used: revoking, expiry and limits of the key need nothing here. What is kept is only which tokens
 * were revoked by themselves, in one set that is read again after every change to the database, so
 * that it is known everywhere within the time that revocations have.
 */
public final class AccessTokens {

  private static final String PURPOSE = "token";
  private static final String TYPE = "at+jwt";
  private static final String WHOLE = "";
  private static final int ID_BYTES = 16;
  private static final Duration SKEW = Duration.ofSeconds(30); // of other replicas' clocks
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private record Known(SigningSchedule schedule, Set<String> revoked) {}

  private final GrantSettings settings;
  private final Database database;
  private final SigningKeys keys;
  private final CryptoProfile profile;
  private final RevokedTokens revoked;
  private final FreshCache<String, Known> known;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param keep how long what was read is used at most
   * @param executor for what blocks
   */
  public AccessTokens(
      GrantSettings settings,
      Database database,
      SigningKeys keys,
      CryptoProfile profile,
      RevisionWatch watch,
      Duration keep,
      Executor executor,
      InstantSource clock) {
    this.settings = settings;
    this.database = database;
    this.keys = keys;
    this.profile = profile;
    this.revoked = new RevokedTokens(database);
    this.known = new FreshCache<>(whole -> read(), watch, keep, executor);
    this.clock = clock;
  }

  private FreshCache.Dated<Known> read() {
    Revision revision = database.revision(); // first: what comes between makes it look old, not new
    return new FreshCache.Dated<>(
        revision,
        Optional.of(
            new Known(
                new SigningSchedule(settings, keys.all(PURPOSE)),
                database.read(RevokedTokens::all))));
  }

  public GrantSettings settings() {
    return settings;
  }

  /**
   * To be called at the start and every minute: makes the next key in time, forgets what is over.
   */
  public void tick() {
    Instant now = clock.instant();
    SigningSchedule schedule = new SigningSchedule(settings, keys.all(PURPOSE));
    List<Kept> over = schedule.over(now);
    over.forEach(key -> keys.remove(key.key().kid()));
    boolean another = schedule.needsAnother(now);
    if (another) {
      keys.add(PURPOSE, profile.signature());
    }
    if (another || !over.isEmpty()) {
      database.change(session -> null); // so that all replicas read them
    }
    revoked.sweep(now.minus(SKEW));
  }

  /** The public keys, as JWKs: those that sign, and those that will or did. */
  public CompletableFuture<List<String>> published() {
    return known()
        .thenApply(
            now ->
                now.schedule().keys().stream().map(Kept::key).map(SigningKey::publicJwk).toList());
  }

  /**
   * A new token.
   *
   * @param identity of an API key
   * @param scopes some of those that the key has
   */
  public CompletableFuture<String> issue(Identity identity, Set<Scope> scopes, String audience) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    ObjectNode claims = JsonNodeFactory.instance.objectNode();
    claims
        .put("iss", settings.issuer())
        .put("aud", audience)
        .put("sub", identity.user().orElse(identity.credential()))
        .put("client_id", identity.credential())
        .put("jti", BASE64.encodeToString(id))
        .put("iat", now.getEpochSecond())
        .put("exp", now.plus(settings.lifetime()).getEpochSecond())
        .put("scope", text(scopes))
        .put("tenant", identity.tenant())
        .put("role", identity.role().label());
    return known().thenApply(state -> sign(state.schedule(), claims));
  }

  private String sign(SigningSchedule schedule, ObjectNode claims) {
    SigningKey key =
        schedule
            .signs(clock.instant())
            .orElseThrow(() -> new IllegalStateException("no key was made to sign tokens with"))
            .key();
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    header.put("alg", key.algorithm().label()).put("typ", TYPE).put("kid", key.kid());
    String signed = encoded(header) + "." + encoded(claims);
    byte[] signature = key.sign(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + BASE64.encodeToString(signature);
  }

  /** Whether it says that we made it. */
  public boolean isOurs(SignedToken token) {
    return settings.issuer().equals(token.claims().required("iss"));
  }

  /**
   * Blocks where the database has to be asked.
   *
   * @throws RefusedToken when it is worth nothing to anybody
   */
  public AccessToken examine(SignedToken token) {
    Known state = known().join();
    requireSignature(token, state.schedule());
    AccessToken examined = read(token.claims());
    Instant now = clock.instant();
    if (!now.isBefore(examined.expiresAt())) {
      throw new RefusedToken(TokenFault.EXPIRED);
    }
    if (examined.issuedAt().isAfter(now.plus(SKEW))) {
      throw new RefusedToken(TokenFault.NOT_YET_VALID);
    }
    if (state.revoked().contains(examined.id())) {
      throw new RefusedToken(TokenFault.REVOKED);
    }
    return examined;
  }

  private static void requireSignature(SignedToken token, SigningSchedule schedule) {
    if (!token.type().equals(TYPE)) {
      throw new RefusedToken(TokenFault.TYPE);
    }
    SigningKey key =
        schedule.keys().stream()
            .map(Kept::key)
            .filter(one -> token.key().filter(one.kid()::equals).isPresent())
            .findFirst()
            .orElseThrow(() -> new RefusedToken(TokenFault.KEY));
    if (!key.algorithm().label().equals(token.algorithm())) {
      throw new RefusedToken(TokenFault.ALGORITHM);
    }
    if (!key.verifier().verify(token.signed(), token.signature())) {
      throw new RefusedToken(TokenFault.SIGNATURE);
    }
  }

  private static AccessToken read(Claims claims) {
    return new AccessToken(
        claims.required("jti"),
        claims.required("client_id"),
        claims.required("sub"),
        claims.required("aud"),
        Stream.of(claims.text("scope").orElse("").split(" "))
            .flatMap(label -> Scope.of(label).stream())
            .collect(Collectors.toUnmodifiableSet()),
        claims.time("iat").orElseThrow(() -> new RefusedToken(TokenFault.CLAIMS)),
        claims.time("exp").orElseThrow(() -> new RefusedToken(TokenFault.CLAIMS)));
  }

  /** Whether it was revoked since it was examined; at once, unless something has changed. */
  public CompletableFuture<Boolean> isRevoked(AccessToken token) {
    return known().thenApply(state -> state.revoked().contains(token.id()));
  }

  /** Blocks. From the next poll on, nowhere does it hold. */
  public void revoke(AccessToken token) {
    revoked.add(token);
  }

  /** Scopes as the claim has them. */
  public static String text(Set<Scope> scopes) {
    return scopes.stream().map(Scope::label).sorted().collect(Collectors.joining(" "));
  }

  private CompletableFuture<Known> known() {
    return known.get(WHOLE).thenApply(Optional::orElseThrow);
  }

  private static String encoded(ObjectNode json) {
    return BASE64.encodeToString(json.toString().getBytes(StandardCharsets.UTF_8));
  }
}
