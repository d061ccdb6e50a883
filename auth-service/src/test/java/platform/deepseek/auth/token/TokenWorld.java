package platform.deepseek.auth.token;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.MasterKey;
import platform.deepseek.auth.crypto.SigningKeys;
import platform.deepseek.auth.identity.Authenticator;
import platform.deepseek.auth.identity.DefaultLimits;
import platform.deepseek.auth.identity.Directory;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.identity.SetbacksSeen;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.Users;
import platform.deepseek.auth.token.grant.AccessTokens;
import platform.deepseek.auth.token.grant.GrantSettings;
import platform.deepseek.auth.token.issuer.Algorithm;
import platform.deepseek.auth.token.issuer.ClientSecrets;
import platform.deepseek.auth.token.issuer.Issuer;
import platform.deepseek.auth.token.issuer.IssuerSettings;
import platform.deepseek.auth.token.issuer.Issuers;
import platform.deepseek.auth.token.issuer.ProviderTokens;
import platform.deepseek.auth.token.jose.TokenFault;

/** One replica of what judges tokens, on a database of its own, with a clock that a test turns. */
public final class TokenWorld implements AutoCloseable {

  public static final String AUDIENCE = "deepseek-platform";
  public static final String OWN = "https://auth.example.com";

  public final AtomicLong nanos = new AtomicLong(1_000_000_000);
  public volatile Instant now = Instant.parse("2026-11-22T10:00:00Z");
  public final List<TokenFault> refusals = new ArrayList<>();
  public final Database database;
  public final Tenant tenant;
  public final Tenants tenants;
  public final Users users;
  public final Keys keys;
  public final Issuers issuers;
  public final ClientSecrets secrets;
  public final SigningKeys signingKeys;
  public final RevisionWatch watch;
  public final AccessTokens own;
  public final BearerTokens bearers;
  private final Authenticator authenticator;
  private final ProviderTokens providers;

  public TokenWorld(Engine engine, CryptoProfile profile) {
    database = Database.open(engine.fresh());
    Pepper pepper = Pepper.of("5e".repeat(32));
    tenants = new Tenants(database, () -> now);
    users = new Users(database, () -> now);
    keys = new Keys(database, pepper, "live", () -> now);
    issuers = new Issuers(database, () -> now);
    tenant = tenants.create("acme", 3);
    KeyRings rings =
        new KeyRings(
            database, MasterKey.of("a1".repeat(32)), profile, Duration.ofDays(7), () -> now);
    secrets = new ClientSecrets(rings);
    signingKeys = new SigningKeys(database, rings, () -> now);
    SetbacksSeen setbacks = new SetbacksSeen();
    watch = new RevisionWatch(database, Duration.ofSeconds(2), setbacks, nanos::get);
    Executor here = Runnable::run;
    Directory directory =
        new Directory(
            database,
            new DefaultLimits(
                Limits.NONE, Map.of(Role.GUEST, Limits.of(Measure.REQUESTS_PER_SECOND, 10))));
    Duration keep = Duration.ofSeconds(10);
    own =
        new AccessTokens(
            new GrantSettings(
                OWN,
                List.of(AUDIENCE, "elsewhere"),
                Duration.ofMinutes(10),
                Duration.ofDays(7),
                Duration.ofDays(1)),
            database,
            signingKeys,
            profile,
            watch,
            keep,
            here,
            () -> now);
    providers =
        new ProviderTokens(
            database,
            watch,
            keep,
            secrets,
            new IssuerSettings(
                Duration.ofMinutes(5),
                Duration.ofSeconds(5),
                Duration.ofHours(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(20),
                false),
            here,
            () -> now,
            nanos::get);
    authenticator = new Authenticator(pepper, directory, watch, setbacks, keep, here, () -> now);
    bearers =
        new BearerTokens(
            providers,
            own,
            authenticator,
            directory,
            watch,
            keep,
            refusals::add,
            here,
            () -> now,
            nanos::get);
    own.tick();
    watch.poll();
  }

  public void advance(Duration by) {
    now = now.plus(by);
    nanos.addAndGet(by.toNanos());
    watch.poll();
  }

  /** Time goes by for whatever is kept; what tokens say of time stays as it is. */
  public void age(Duration by) {
    nanos.addAndGet(by.toNanos());
    watch.poll();
  }

  public Verdict verify(String token) {
    return bearers.verify(token).join();
  }

  public Identity identity(String token) {
    return ((Verdict.Known) verify(token)).identity();
  }

  public Identity identityOf(ApiKey key) {
    return ((Verdict.Known) authenticator.authenticate(key).join()).identity();
  }

  /** Why the token is worth nothing. */
  public TokenFault fault(String token) {
    refusals.clear();
    Verdict verdict = verify(token);
    if (!(verdict instanceof Verdict.Unknown || verdict instanceof Verdict.ExpiredToken)) {
      throw new AssertionError("the token was taken: " + verdict);
    }
    return refusals.getFirst();
  }

  /** Enters an issuer whose claim {@code roles} holds admin, developer, auditor or guest. */
  public Issuer enter(TestIssuer issuer, Algorithm... algorithms) {
    return enter(
        issuer.url(),
        Optional.empty(),
        algorithms.length == 0 ? EnumSet.allOf(Algorithm.class) : Set.of(algorithms));
  }

  public Issuer enter(
      String url, Optional<Issuer.Introspection> introspection, Set<Algorithm> algorithms) {
    Map<String, Role> roles = new HashMap<>();
    for (Role role : Role.values()) {
      roles.put(role.label(), role);
    }
    Issuer entered =
        issuers.create(
            url,
            tenant.id(),
            new Issuer.Terms(
                List.of(AUDIENCE),
                List.copyOf(algorithms),
                "/roles",
                roles,
                Optional.empty(),
                Map.of(),
                Set.of("gold")),
            introspection);
    watch.poll();
    return entered;
  }

  public IssuedKey key(Role role, Restrictions restrictions) {
    IssuedKey issued =
        keys.issue(
            new KeyOrder(tenant.id(), Optional.empty(), "k", role, restrictions, Optional.empty()));
    watch.poll();
    return issued;
  }

  /** The claims of a token that would be taken. */
  public Map<String, Object> claims(TestIssuer issuer) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", issuer.url());
    claims.put("aud", AUDIENCE);
    claims.put("sub", "248289761001");
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.plusSeconds(300).getEpochSecond());
    claims.put("roles", List.of("developer"));
    claims.put("preferred_username", "ann");
    return claims;
  }

  public static PublicJsonWebKey ecKey(String kid) {
    try {
      PublicJsonWebKey key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
      key.setKeyId(kid);
      return key;
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String sign(PublicJsonWebKey key, String algorithm, Map<String, Object> claims) {
    return sign(key, algorithm, Map.of("kid", key.getKeyId()), JsonUtil.toJson(claims));
  }

  public static String sign(
      PublicJsonWebKey key, String algorithm, Map<String, Object> header, String payload) {
    JsonWebSignature signature = new JsonWebSignature();
    signature.setPayload(payload);
    signature.setAlgorithmHeaderValue(algorithm);
    header.forEach(signature::setHeader);
    signature.setKey(key.getPrivateKey());
    try {
      return signature.getCompactSerialization();
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    providers.close();
    database.close();
  }
}
