package platform.deepseek.cache.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Has the JDK's AES-GCM compiled before the first prefix is asked for. Until its inner methods have
 * been called some thousand times they are interpreted, at 40 MB a second where it is 1.5 GB
 * afterwards (measured): the first prefix after a restart, for which all this is made, would take
 * longer than computing it. It takes half a second of one processor, once.
 */
public final class CipherWarmUp implements Runnable {

  /** The shortest for which the fused loop of encryption and authentication is used, and a bit. */
  private static final int PIECE = 8 << 10;

  /** Twice the calls after which the last compiler has seen it. */
  private static final int CALLS = 6_000;

  private static final int TAG_BITS = 128;

  /** Returns when it is done. */
  @Override
  public void run() {
    try {
      SecretKeySpec key = new SecretKeySpec(new byte[32], "AES");
      byte[] about = new byte[64];
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, key, about).doFinal(new byte[PIECE]);
      byte[] opened = new byte[PIECE];
      for (int i = 0; i < CALLS; i++) {
        cipher(Cipher.DECRYPT_MODE, key, about).doFinal(sealed, 0, sealed.length, opened, 0);
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES/GCM", e);
    }
  }

  /** Nothing is kept secret with this key, so its one nonce may be used again. */
  private static Cipher cipher(int mode, SecretKeySpec key, byte[] about)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, new byte[12]));
    cipher.updateAAD(about);
    return cipher;
  }
}
