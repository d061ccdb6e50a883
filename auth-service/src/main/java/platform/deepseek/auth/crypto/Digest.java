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
    public Keyed keyed(byte[] key) {
      try {
        Mac keyed = Mac.getInstance("HmacSHA256");
        keyed.init(new SecretKeySpec(key, "HmacSHA256"));
        return parts -> mac(copy(keyed), parts);
      } catch (GeneralSecurityException e) {
        throw new AssertionError("every JDK has HmacSHA256", e);
      }
    }

    /** Finding and keying a Mac costs more than using it. */
    private static Mac copy(Mac keyed) {
      try {
        return (Mac) keyed.clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError("the JDK's HmacSHA256 can be copied", e);
      }
    }

    private static byte[] mac(Mac mac, byte[]... parts) {
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
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
    public Keyed keyed(byte[] key) {
      KeyParameter parameter = new KeyParameter(key);
      return parts -> {
        HMac mac = new HMac(new SM3Digest());
        mac.init(parameter);
        for (byte[] part : parts) {
          mac.update(part, 0, part.length);
        }
        byte[] code = new byte[BYTES];
        mac.doFinal(code, 0);
        return code;
      };
    }
  };

  /** HMAC with one key. Safe for several threads. */
  @FunctionalInterface
  public interface Keyed {
    /** The code of all parts, one behind the other. */
    byte[] mac(byte[]... parts);
  }

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

  /** For many codes with one key. */
  public abstract Keyed keyed(byte[] key);

  /** The HMAC of all parts, one behind the other. */
  public final byte[] mac(byte[] key, byte[]... parts) {
    return keyed(key).mac(parts);
  }
}
