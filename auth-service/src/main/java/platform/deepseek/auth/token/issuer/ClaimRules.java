package platform.deepseek.auth.token.issuer;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.identity.Assurance;
import platform.deepseek.auth.token.jose.Claims;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.SignedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/**
 * What the claims of an access token have to be (RFC 9068 section 4, RFC 8725 section 3), for
 * providers that know RFC 9068 and for those, Keycloak among them, whose access tokens are of the
 * plain type JWT: these are told from ID tokens, logout tokens and others by the marks that only
 * those bear.
 */
final class ClaimRules {

  private static final Set<String> TYPES = Set.of("", "jwt", "at+jwt");

  /** OpenID Connect Core 3.1.3.6 and 3.3.2.11, Back-Channel Logout 2.4, RFC 8417. */
  private static final List<String> MARKS_OF_OTHERS = List.of("at_hash", "c_hash", "events");

  private final Duration skew;

  ClaimRules(Duration skew) {
    this.skew = skew;
  }

  /** What can be seen before the signature is looked at. */
  void requireAccessToken(SignedToken token) {
    Claims claims = token.claims();
    if (!TYPES.contains(token.type())
        || MARKS_OF_OTHERS.stream().anyMatch(claims::has)
        // Keycloak's own mark: Bearer, ID, Refresh, Logout, ...
        || claims.text("typ").filter(kind -> !kind.equals("Bearer")).isPresent()) {
      throw new RefusedToken(TokenFault.TYPE);
    }
  }

  /**
   * @param claims of a token whose signature holds, or of an issuer's own answer about a token
   */
  Vouched judge(Issuer issuer, Claims claims, Instant now) {
    Issuer.Terms terms = issuer.terms();
    if (claims.has("cnf")) {
      throw new RefusedToken(TokenFault.BOUND);
    }
    Instant expiresAt = claims.time("exp").orElseThrow(() -> new RefusedToken(TokenFault.CLAIMS));
    if (!now.isBefore(expiresAt)) {
      throw new RefusedToken(TokenFault.EXPIRED);
    }
    Instant latest = now.plus(skew);
    if (Stream.of("nbf", "iat")
        .flatMap(name -> claims.time(name).stream())
        .anyMatch(latest::isBefore)) {
      throw new RefusedToken(TokenFault.NOT_YET_VALID);
    }
    if (Collections.disjoint(claims.texts("aud"), terms.audiences())) {
      throw new RefusedToken(TokenFault.AUDIENCE);
    }
    String subject = claims.required("sub");
    if (!Subjects.isSubject(subject)
        || !terms.requiredClaims().entrySet().stream()
            .allMatch(
                wanted ->
                    claims
                        .valueAt(wanted.getKey())
                        .filter(wanted.getValue()::equals)
                        .isPresent())) {
      throw new RefusedToken(TokenFault.CLAIMS);
    }
    Optional<String> acr = claims.text("acr");
    return new Vouched(
        issuer,
        subject,
        claims.text("preferred_username"),
        role(terms, claims),
        new Assurance(
            acr,
            claims.time("auth_time"),
            acr.filter(terms.secondFactorAcrs()::contains).isPresent()),
        expiresAt);
  }

  /** The first of our roles, in their order, that something in the claim is mapped to. */
  private static Optional<Role> role(Issuer.Terms terms, Claims claims) {
    return claims.textsAt(terms.roleClaim()).stream()
        .flatMap(value -> Stream.ofNullable(terms.roles().get(value)))
        .min(Role::compareTo)
        .or(terms::otherwise);
  }
}
