package platform.deepseek.auth.crypto;

import java.util.Arrays;
import java.util.Locale;

/**
 * Which family of algorithms new things are made with. What the other family made is still opened
 * and verified: everything written says what it was made with.
 */
public enum CryptoProfile {
  /** Ed25519, SHA-256, AES-256-GCM. */
  STANDARD(SignatureAlgorithm.EDDSA, Digest.SHA_256, SealingCipher.AES_256_GCM),
  /** SM2 (GB/T 32918), SM3 (GB/T 32905), SM4-GCM (GB/T 32907). */
  SM(SignatureAlgorithm.SM2, Digest.SM3, SealingCipher.SM4_GCM);

  private final SignatureAlgorithm signature;
  private final Digest digest;
  private final SealingCipher cipher;

  CryptoProfile(SignatureAlgorithm signature, Digest digest, SealingCipher cipher) {
    this.signature = signature;
    this.digest = digest;
    this.cipher = cipher;
  }

  /**
   * @param label standard or sm
   */
  public static CryptoProfile of(String label) {
    return Arrays.stream(values())
        .filter(profile -> profile.label().equals(label.strip().toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "deepseek.crypto.profile is standard or sm, not '%s'.".formatted(label)));
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public SignatureAlgorithm signature() {
    return signature;
  }

  public Digest digest() {
    return digest;
  }

  SealingCipher cipher() {
    return cipher;
  }
}
