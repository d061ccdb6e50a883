package platform.deepseek.auth.crypto;

import java.security.GeneralSecurityException;
import java.util.Arrays;
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

/** Authenticated encryption: GCM (NIST SP 800-38D) with a nonce of 12 and a tag of 16 bytes. */
enum SealingCipher {
  AES_256_GCM(1, 32) {
    @Override
    byte[] encrypt(byte[] key, byte[] nonce, byte[] associatedData, byte[] plain) {
      try {
        return aes(Cipher.ENCRYPT_MODE, key, nonce, associatedData).doFinal(plain);
      } catch (GeneralSecurityException e) {
        throw new AssertionError("every JDK has AES-GCM", e);
      }
    }

    @Override
    byte[] decrypt(byte[] key, byte[] nonce, byte[] associatedData, byte[] sealed) {
      try {
        return aes(Cipher.DECRYPT_MODE, key, nonce, associatedData).doFinal(sealed);
      } catch (AEADBadTagException e) {
        throw new CannotOpen(CannotOpen.Reason.FORGED);
      } catch (GeneralSecurityException e) {
        throw new AssertionError("every JDK has AES-GCM", e);
      }
    }
  },
  SM4_GCM(2, 16) {
    @Override
    byte[] encrypt(byte[] key, byte[] nonce, byte[] associatedData, byte[] plain) {
      try {
        return sm4(true, key, nonce, associatedData, plain);
      } catch (InvalidCipherTextException e) {
        throw new AssertionError("nothing is checked while encrypting", e);
      }
    }

    @Override
    byte[] decrypt(byte[] key, byte[] nonce, byte[] associatedData, byte[] sealed) {
      try {
        return sm4(false, key, nonce, associatedData, sealed);
      } catch (InvalidCipherTextException e) {
        throw new CannotOpen(CannotOpen.Reason.FORGED);
      }
    }
  };

  static final int NONCE_BYTES = 12;
  static final int TAG_BYTES = 16;

  private final int code;
  private final int keyBytes;

  SealingCipher(int code, int keyBytes) {
    this.code = code;
    this.keyBytes = keyBytes;
  }

  static SealingCipher coded(int code) {
    return Arrays.stream(values())
        .filter(cipher -> cipher.code == code)
        .findFirst()
        .orElseThrow(() -> new CannotOpen(CannotOpen.Reason.MALFORMED));
  }

  /** One byte that tells it apart, for good. */
  int code() {
    return code;
  }

  int keyBytes() {
    return keyBytes;
  }

  /** The cipher text with the tag behind it. */
  abstract byte[] encrypt(byte[] key, byte[] nonce, byte[] associatedData, byte[] plain);

  /**
   * @throws CannotOpen when key, nonce, associated data or cipher text are not what they were
   */
  abstract byte[] decrypt(byte[] key, byte[] nonce, byte[] associatedData, byte[] sealed);

  private static Cipher aes(int mode, byte[] key, byte[] nonce, byte[] associatedData)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
    cipher.updateAAD(associatedData);
    return cipher;
  }

  private static byte[] sm4(
      boolean encrypt, byte[] key, byte[] nonce, byte[] associatedData, byte[] input)
      throws InvalidCipherTextException {
    GCMModeCipher cipher = GCMBlockCipher.newInstance(new SM4Engine());
    cipher.init(
        encrypt,
        new AEADParameters(new KeyParameter(key), TAG_BYTES * Byte.SIZE, nonce, associatedData));
    byte[] output = new byte[cipher.getOutputSize(input.length)];
    int written = cipher.processBytes(input, 0, input.length, output, 0);
    written += cipher.doFinal(output, written);
    return Arrays.copyOf(output, written);
  }
}
