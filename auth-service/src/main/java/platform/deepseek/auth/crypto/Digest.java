package platform.deepseek.auth.crypto;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/** Hash functions of 32 bytes, and HMAC (RFC 2104) with them. */
public enum Digest {
  SHA_256("SHA-256") {
    @Override
    public byte[] of(byte[]... parts) {
      try {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (byte[] part : parts) {
          digest.update(part);
        }
        return digest.digest();
      } catch (GeneralSecurityException e) {
        throw new AssertionError("every JDK has SHA-256", e);
      }
    }

    @Override
    public byte[] mac(byte[] key, byte[]... parts) {
      try {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        for (byte[] part : parts) {
          mac.update(part);
        }
        return mac.doFinal();
      } catch (GeneralSecurityException e) {
        throw new AssertionError("every JDK has HmacSHA256", e);
      }
    }
  },
  SM3("SM3") {
    @Override
    public byte[] of(byte[]... parts) {
      SM3Digest digest = new SM3Digest();
      for (byte[] part : parts) {
        digest.update(part, 0, part.length);
      }
      byte[] hash = new byte[BYTES];
      digest.doFinal(hash, 0);
      return hash;
    }

    @Override
    public byte[] mac(byte[] key, byte[]... parts) {
      HMac mac = new HMac(new SM3Digest());
      mac.init(new KeyParameter(key));
      for (byte[] part : parts) {
        mac.update(part, 0, part.length);
      }
      byte[] code = new byte[BYTES];
      mac.doFinal(code, 0);
      return code;
    }
  };

  /** Length of a hash and of a code. */
  public static final int BYTES = 32;

  private final String label;

  Digest(String label) {
    this.label = label;
  }

  public static Digest labelled(String label) {
    return Arrays.stream(values())
        .filter(digest -> digest.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no digest '" + label + "'"));
  }

  /** SHA-256 or SM3. */
  public String label() {
    return label;
  }

  /** The hash of all parts, one behind the other. */
  public abstract byte[] of(byte[]... parts);

  /** The HMAC of all parts, one behind the other. */
  public abstract byte[] mac(byte[] key, byte[]... parts);
}
