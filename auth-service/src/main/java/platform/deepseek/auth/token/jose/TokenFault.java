package platform.deepseek.auth.token.jose;

import java.util.Locale;

/**
 * Every reason why a token is worth nothing. One constant is the label of the metric {@code
 * deepseek_auth_token_refusals_total}; who sent the token is not told which one it was.
 */
public enum TokenFault {
  /** More characters than any token needs. */
  TOO_LONG,
  /** No compact serialization of RFC 7515, down to the last bit of base 64 and JSON. */
  MALFORMED,
  /** A JWE: nothing here decrypts, so nothing can be inflated. */
  ENCRYPTED,
  /** {@code crit}, or a key that the token brings along: {@code jwk}, {@code jku}, {@code x5u}. */
  HEADER,
  /** {@code none}, a symmetric one, or one that the issuer's tokens do not use. */
  ALGORITHM,
  /** An ID token, a logout token or another kind that opens no door. */
  TYPE,
  /** An issuer that nobody entered here. */
  ISSUER,
  /** The issuer publishes no such key. */
  KEY,
  SIGNATURE,
  EXPIRED,
  NOT_YET_VALID,
  /** It is for somebody else. */
  AUDIENCE,
  /** A claim is missing, of a wrong kind, or not what the issuer's tokens must have. */
  CLAIMS,
  /** Bound to a key of its holder (RFC 9449, RFC 8705), which nothing here could check. */
  BOUND,
  REVOKED,
  /** The issuer itself says that it holds no more (RFC 7662). */
  INACTIVE;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
