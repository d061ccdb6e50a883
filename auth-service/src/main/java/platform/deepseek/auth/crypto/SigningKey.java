package platform.deepseek.auth.crypto;

import java.util.function.UnaryOperator;

/** A private key that signs. Safe for several threads. */
public final class SigningKey {

  private final Jwk key;
  private final String kid;
  private final UnaryOperator<byte[]> signer;

  private SigningKey(Jwk key) {
    this.key = key;
    this.kid = key.thumbprint();
    this.signer = key.algorithm().scheme().signer(key);
  }

  public static SigningKey generate(SignatureAlgorithm algorithm) {
    return new SigningKey(algorithm.scheme().generate());
  }

  /**
   * @param privateJwk as {@link #privateJwk} gave it
   * @throws IllegalArgumentException when it is none
   */
  public static SigningKey ofJwk(String privateJwk) {
    Jwk key = Jwk.parse(privateJwk);
    if (!key.isPrivate()) {
      throw new IllegalArgumentException("the key has no private part");
    }
    return new SigningKey(key);
  }

  /** RFC 7638 thumbprint. */
  public String kid() {
    return kid;
  }

  public SignatureAlgorithm algorithm() {
    return key.algorithm();
  }

  /**
   * @return 64 bytes, as a JWS holds them: R and S one behind the other
   */
  public byte[] sign(byte[] message) {
    return signer.apply(message);
  }

  /** For a JWKS: kty, crv, x, y, kid, alg, use. */
  public String publicJwk() {
    return key.withoutPrivatePart().json();
  }

  /** A secret: to be sealed before it is stored. */
  public String privateJwk() {
    return key.json();
  }

  public Verifier verifier() {
    return new Verifier(key.withoutPrivatePart());
  }
}
