package platform.deepseek.cache.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.modes.GCMModeCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/** Seals with authentication: AES-256-GCM or SM4-GCM, 12 bytes of nonce, 16 bytes of tag. */
public final class DataKey {

  public static final int NONCE_BYTES = 12;
  public static final int TAG_BYTES = 16;

  private static final int TAG_BITS = 128;

  private final CryptoProfile profile;
  private final byte[] bytes;

  DataKey(CryptoProfile profile, byte[] bytes) {
    this.profile = profile;
    this.bytes = bytes;
  }

  public CryptoProfile profile() {
    return profile;
  }

  /**
   * @param nonce never used before with this key
   * @param about authenticated and not sealed in
   * @return the sealed bytes and their tag
   */
  public byte[] seal(byte[] nonce, byte[] about, byte[] plain) {
    try {
      return switch (profile) {
        case STANDARD -> aes(Cipher.ENCRYPT_MODE, nonce, about).doFinal(plain);
        case SM -> sm4(true, nonce, about, plain, 0, plain.length);
      };
    } catch (GeneralSecurityException | InvalidCipherTextException e) {
      throw new IllegalStateException("sealing cannot fail", e);
    }
  }

  /**
   * A part of an array into another one.
   *
   * @return the bytes written: the part's and those of the tag
   */
  public int seal(
      byte[] nonce, byte[] about, byte[] plain, int from, int length, byte[] into, int at) {
    try {
      return switch (profile) {
        case STANDARD ->
            aes(Cipher.ENCRYPT_MODE, nonce, about).doFinal(plain, from, length, into, at);
        case SM -> copy(sm4(true, nonce, about, plain, from, length), into, at);
      };
    } catch (GeneralSecurityException | InvalidCipherTextException e) {
      throw new IllegalStateException("sealing cannot fail", e);
    }
  }

  /**
   * A part of an array into another one.
   *
   * @return the bytes written: the part's less those of the tag
   * @throws SealBroken when anything of it was changed
   */
  public int open(
      byte[] nonce, byte[] about, byte[] sealed, int from, int length, byte[] into, int at)
      throws SealBroken {
    try {
      return switch (profile) {
        case STANDARD ->
            aes(Cipher.DECRYPT_MODE, nonce, about).doFinal(sealed, from, length, into, at);
        case SM -> copy(sm4(false, nonce, about, sealed, from, length), into, at);
      };
    } catch (AEADBadTagException | InvalidCipherTextException e) {
      throw new SealBroken(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES/GCM", e);
    }
  }

  private static int copy(byte[] bytes, byte[] into, int at) {
    System.arraycopy(bytes, 0, into, at, bytes.length);
    return bytes.length;
  }

  /**
   * @throws SealBroken when anything of it was changed
   */
  public byte[] open(byte[] nonce, byte[] about, byte[] sealed, int from, int length)
      throws SealBroken {
    if (length < TAG_BYTES) {
      throw new SealBroken(null);
    }
    try {
      return switch (profile) {
        case STANDARD -> aes(Cipher.DECRYPT_MODE, nonce, about).doFinal(sealed, from, length);
        case SM -> sm4(false, nonce, about, sealed, from, length);
      };
    } catch (AEADBadTagException | InvalidCipherTextException e) {
      throw new SealBroken(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES/GCM", e);
    }
  }

  private Cipher aes(int mode, byte[] nonce, byte[] about) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, new SecretKeySpec(bytes, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(about);
    return cipher;
  }

  private byte[] sm4(boolean seal, byte[] nonce, byte[] about, byte[] input, int from, int length)
      throws InvalidCipherTextException {
    GCMModeCipher cipher = GCMBlockCipher.newInstance(new SM4Engine());
    cipher.init(seal, new AEADParameters(new KeyParameter(bytes), TAG_BITS, nonce, about));
    byte[] output = new byte[cipher.getOutputSize(length)];
    int written = cipher.processBytes(input, from, length, output, 0);
    cipher.doFinal(output, written);
    return output;
  }
}
