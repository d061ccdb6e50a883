package platform.deepseek.auth.crypto;

import java.util.Arrays;

/** How a JWS can be signed (RFC 7518 section 3, RFC 8037). */
public enum SignatureAlgorithm {
  EDDSA("EdDSA", "OKP", "Ed25519", new Ed25519()),
  ES256("ES256", "EC", "P-256", new EcdsaP256()),
  /**
   * SM2 with SM3 and the usual identity 1234567812345678. No name is registered for it with IANA:
   * this one is private, and so is the curve's name in keys.
   */
  SM2("SM2-SM3", "EC", "SM2", new Sm2());

  private final String label;
  private final String keyType;
  private final String curve;
  private final Scheme scheme;

  SignatureAlgorithm(String label, String keyType, String curve, Scheme scheme) {
    this.label = label;
    this.keyType = keyType;
    this.curve = curve;
    this.scheme = scheme;
  }

  /**
   * @param label the {@code alg} of a header
   * @throws IllegalArgumentException for any other, {@code none} among them
   */
  public static SignatureAlgorithm labelled(String label) {
    return Arrays.stream(values())
        .filter(algorithm -> algorithm.label.equals(label))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("there is no signature algorithm '" + label + "'"));
  }

  static SignatureAlgorithm onCurve(String keyType, String curve) {
    return Arrays.stream(values())
        .filter(algorithm -> algorithm.keyType.equals(keyType) && algorithm.curve.equals(curve))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no algorithm for keys of type '%s' on the curve '%s'"
                        .formatted(keyType, curve)));
  }

  /** The {@code alg} of a JWS header: EdDSA, ES256, SM2-SM3. */
  public String label() {
    return label;
  }

  String keyType() {
    return keyType;
  }

  String curve() {
    return curve;
  }

  Scheme scheme() {
    return scheme;
  }
}
