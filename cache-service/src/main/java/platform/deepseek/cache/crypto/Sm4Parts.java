package platform.deepseek.cache.crypto;

import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.modes.GCMModeCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/** SM4-GCM of Bouncy Castle. */
final class Sm4Parts implements PartCipher {

  private final KeyParameter key;
  private final GCMModeCipher cipher = GCMBlockCipher.newInstance(new SM4Engine());

  Sm4Parts(byte[] key) {
    this.key = new KeyParameter(key);
  }

  @Override
  public int seal(
      byte[] nonce, byte[] about, byte[] plain, int from, int length, byte[] into, int at) {
    try {
      return process(true, nonce, about, plain, from, length, into, at);
    } catch (InvalidCipherTextException e) {
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
      return process(false, nonce, about, sealed, from, length, into, at);
    } catch (InvalidCipherTextException e) {
      throw new SealBroken(e);
    }
  }

  private int process(
      boolean seal,
      byte[] nonce,
      byte[] about,
      byte[] input,
      int from,
      int length,
      byte[] into,
      int at)
      throws InvalidCipherTextException {
    cipher.init(seal, new AEADParameters(key, DataKey.TAG_BYTES * Byte.SIZE, nonce, about));
    int written = cipher.processBytes(input, from, length, into, at);
    return written + cipher.doFinal(into, at + written);
  }
}
