package platform.deepseek.auth.factor;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import platform.deepseek.auth.credential.Pepper;

/** AES-256-GCM by a key made from the pepper: a stolen database alone tells no secret. */
public final class PepperSeal implements SecretSeal {

  private static final String PURPOSE = "deepseek-secret-seal/v1";
  private static final String CIPHER = "AES/GCM/NoPadding";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  public PepperSeal(Pepper pepper) {
    this.key = new SecretKeySpec(pepper.mac(PURPOSE, ""), "AES");
  }

  @Override
  public byte[] seal(byte[] secret, String context) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      byte[] text = cipher(Cipher.ENCRYPT_MODE, nonce, context).doFinal(secret);
      return ByteBuffer.allocate(NONCE_BYTES + text.length).put(nonce).put(text).array();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has " + CIPHER, e);
    }
  }

  @Override
  public byte[] open(byte[] sealed, String context) {
    ByteBuffer buffer = ByteBuffer.wrap(sealed);
    byte[] nonce = new byte[NONCE_BYTES];
    byte[] text = new byte[Math.max(0, sealed.length - NONCE_BYTES)];
    try {
      buffer.get(nonce).get(text);
      return cipher(Cipher.DECRYPT_MODE, nonce, context).doFinal(text);
    } catch (GeneralSecurityException | BufferUnderflowException e) {
      throw new IllegalStateException(
          "a sealed secret cannot be opened: it was changed, or sealed with another pepper", e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String context) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(CIPHER);
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }
}
