package platform.deepseek.cache.lease;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.crypto.SealBroken;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.key.CacheKey;

/**
 * A lease as text that only this service can make and read, all replicas alike: whoever hands an
 * answer in cannot name another key, tenant or model than the lease was given for, and no replica
 * has to remember it.
 */
public final class LeaseToken {

  private static final byte[] ABOUT = "dsk-cache/lease/v1".getBytes(StandardCharsets.US_ASCII);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final DataKey key;

  public LeaseToken(MasterKey master) {
    this.key = master.wrapping("dsk-cache/lease/v1");
  }

  public String seal(Lease lease) {
    byte[] nonce = new byte[DataKey.NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    byte[] sealed = key.seal(nonce, ABOUT, write(lease));
    byte[] token = Arrays.copyOf(nonce, nonce.length + sealed.length);
    System.arraycopy(sealed, 0, token, nonce.length, sealed.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /** Empty for what was not sealed here. */
  public Optional<Lease> open(String token) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(token);
      if (bytes.length < DataKey.NONCE_BYTES) {
        return Optional.empty();
      }
      byte[] nonce = Arrays.copyOf(bytes, DataKey.NONCE_BYTES);
      return Optional.of(
          read(key.open(nonce, ABOUT, bytes, nonce.length, bytes.length - nonce.length)));
    } catch (SealBroken | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static byte[] write(Lease lease) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(lease.address().key().bytes());
      out.write(lease.address().modelDigest());
      out.writeUTF(lease.address().owner());
      out.writeUTF(lease.address().weights());
      out.writeLong(lease.fence());
      out.writeLong(lease.lifeMillis());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static Lease read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      CacheKey key = CacheKey.of(in.readNBytes(CacheKey.BYTES));
      byte[] model = in.readNBytes(CacheKey.BYTES);
      Address address = new Address(key, in.readUTF(), in.readUTF(), model);
      return new Lease(address, in.readLong(), in.readLong());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
