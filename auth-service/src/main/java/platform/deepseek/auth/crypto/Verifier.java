package platform.deepseek.auth.crypto;

import java.util.function.BiPredicate;

/** A public key that verifies signatures. Safe for several threads. */
public final class Verifier {

  private final Jwk key;
  private final String kid;
  private final BiPredicate<byte[], byte[]> check;

  Verifier(Jwk key) {
    this.key = key;
    this.kid = key.thumbprint();
    this.check = key.algorithm().scheme().verifier(key);
  }

  /**
   * @throws IllegalArgumentException when it is no public key of an algorithm that is known here,
   *     or no point of its curve
   */
  public static Verifier ofJwk(String publicJwk) {
    return new Verifier(Jwk.parse(publicJwk).withoutPrivatePart());
  }

  /** RFC 7638 thumbprint, whatever the key calls itself. */
  public String kid() {
    return kid;
  }

  public SignatureAlgorithm algorithm() {
    return key.algorithm();
  }

  public String publicJwk() {
    return key.json();
  }

  /** False for anything that is not a signature of this very message by this very key. */
  public boolean verify(byte[] message, byte[] signature) {
    return signature.length == Scheme.SIGNATURE_BYTES && check.test(message, signature);
  }
}
