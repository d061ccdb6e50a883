package platform.deepseek.auth.crypto;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The key that data keys are wrapped with. It is kept apart from the database: who steals the one
 * without the other can open nothing. Each cipher has a key of its own made out of it, so that both
 * profiles can live on one.
 */
public final class MasterKey {

  private static final String PURPOSE = "deepseek-key-encryption/v1/";

  private final byte[] secret;

  private MasterKey(byte[] secret) {
    this.secret = secret;
  }

  /**
   * @param hex at least 64 hexadecimal digits
   */
  public static MasterKey of(String hex) {
    return new MasterKey(SecretFile.parse("the master key", hex));
  }

  /** What the file holds; a file that is not there is made, for its owner alone. */
  public static MasterKey in(Path file) {
    return of(SecretFile.readOrCreate(file));
  }

  /** Nonce, cipher text, tag. */
  byte[] wrap(SealingCipher cipher, byte[] key, byte[] associatedData) {
    byte[] nonce = new byte[SealingCipher.NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    byte[] wrapped = cipher.encrypt(wrappingKey(cipher), nonce, associatedData, key);
    byte[] whole = Arrays.copyOf(nonce, nonce.length + wrapped.length);
    System.arraycopy(wrapped, 0, whole, nonce.length, wrapped.length);
    return whole;
  }

  /**
   * @throws CannotOpen when it was wrapped with another master key or for something else
   */
  byte[] unwrap(SealingCipher cipher, byte[] wrapped, byte[] associatedData) {
    if (wrapped.length < SealingCipher.NONCE_BYTES + SealingCipher.TAG_BYTES) {
      throw new CannotOpen(CannotOpen.Reason.MALFORMED);
    }
    return cipher.decrypt(
        wrappingKey(cipher),
        Arrays.copyOf(wrapped, SealingCipher.NONCE_BYTES),
        associatedData,
        Arrays.copyOfRange(wrapped, SealingCipher.NONCE_BYTES, wrapped.length));
  }

  private byte[] wrappingKey(SealingCipher cipher) {
    Digest digest =
        switch (cipher) {
          case AES_256_GCM -> Digest.SHA_256;
          case SM4_GCM -> Digest.SM3;
        };
    byte[] derived = digest.mac(secret, (PURPOSE + cipher).getBytes(StandardCharsets.US_ASCII));
    return Arrays.copyOf(derived, cipher.keyBytes());
  }
}
