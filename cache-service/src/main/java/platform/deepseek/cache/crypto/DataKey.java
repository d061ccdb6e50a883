package platform.deepseek.cache.crypto;

/** Seals with authentication: AES-256-GCM or SM4-GCM, 12 bytes of nonce, 16 bytes of tag. */
public final class DataKey {

  public static final int NONCE_BYTES = 12;
  public static final int TAG_BYTES = 16;

  private final CryptoProfile profile;
  private final byte[] bytes;

  DataKey(CryptoProfile profile, byte[] bytes) {
    this.profile = profile;
    this.bytes = bytes;
  }

  public CryptoProfile profile() {
    return profile;
  }

  /** For a value that is sealed in many parts. */
  public PartCipher parts() {
    return switch (profile) {
      case STANDARD -> new AesParts(bytes);
      case SM -> new Sm4Parts(bytes);
    };
  }

  /**
   * @param nonce never used before with this key
   * @param about authenticated and not sealed in
   * @return the sealed bytes and their tag
   */
  public byte[] seal(byte[] nonce, byte[] about, byte[] plain) {
    byte[] sealed = new byte[plain.length + TAG_BYTES];
    parts().seal(nonce, about, plain, 0, plain.length, sealed, 0);
    return sealed;
  }

  /**
   * @throws SealBroken when anything of it was changed
   */
  public byte[] open(byte[] nonce, byte[] about, byte[] sealed, int from, int length)
      throws SealBroken {
    byte[] plain = new byte[Math.max(0, length - TAG_BYTES)];
    parts().open(nonce, about, sealed, from, length, plain, 0);
    return plain;
  }
}
