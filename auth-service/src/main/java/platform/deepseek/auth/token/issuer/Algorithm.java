package platform.deepseek.auth.token.issuer;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * The signatures that an issuer may be entered with: all are made with a private key (RFC 7518
 * section 3.1, RFC 8037). Neither {@code none} nor a symmetric one can be entered.
 */
public enum Algorithm {
  RS256,
  RS384,
  RS512,
  PS256,
  PS384,
  PS512,
  ES256,
  ES384,
  ES512,
  EDDSA;

  /** The {@code alg} of a header. */
  public String label() {
    return this == EDDSA ? "EdDSA" : name();
  }

  /** Letter by letter: {@code alg} is case-sensitive. */
  public static Optional<Algorithm> of(String label) {
    return Stream.of(values()).filter(one -> one.label().equals(label)).findFirst();
  }
}
