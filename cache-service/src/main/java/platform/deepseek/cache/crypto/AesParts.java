package platform.deepseek.cache.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-256-GCM of the JDK. */
final class AesParts implements PartCipher {

  private final SecretKeySpec key;
  private final Cipher cipher;

  AesParts(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
    try {
      this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES/GCM", e);
    }
  }

  @Override
  public int seal(
      byte[] nonce, byte[] about, byte[] plain, int from, int length, byte[] into, int at) {
    try {
      init(Cipher.ENCRYPT_MODE, nonce, about);
      return cipher.doFinal(plain, from, length, into, at);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("sealing cannot fail", e);
    }
  }

  @Override
  public int open(
      byte[] nonce, byte[] about, byte[] sealed, int from, int length, byte[] into, int at)
      throws SealBroken {
    if (length < DataKey.TAG_BYTES) {
      throw SealBroken.cut();
    }
    try {
      init(Cipher.DECRYPT_MODE, nonce, about);
      return cipher.doFinal(sealed, from, length, into, at);
    } catch (AEADBadTagException e) {
      throw new SealBroken(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("opening fails by its tag only", e);
    }
  }

  private void init(int mode, byte[] nonce, byte[] about) throws GeneralSecurityException {
    cipher.init(mode, key, new GCMParameterSpec(DataKey.TAG_BYTES * Byte.SIZE, nonce));
    cipher.updateAAD(about);
  }
}
