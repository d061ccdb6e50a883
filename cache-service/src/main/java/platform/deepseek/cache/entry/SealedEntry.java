package platform.deepseek.cache.entry;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.SealBroken;

/**
 * An entry as it is kept, in every tier alike. Big-endian:
 *
 * <pre>
 *  0  magic "DSKE"
 *  4  version 1
 *  5  cipher: 1 AES-256-GCM, 2 SM4-GCM
 *  6  1 when the content is compressed by zstd
 *  7  0
 *  8  created, milliseconds since 1970
 * 16  expires
 * 24  period of the data key
 * 28  milliseconds that computing it took
 * 32  length of the content, not compressed
 * 36  length of what follows the nonce
 * 40  nonce, 12 bytes
 * 52  content, sealed, and its tag of 16 bytes
 * </pre>
 *
 * The seal authenticates the header up to the nonce, the key, the owner and the model.
 */
public final class SealedEntry {

  private static final int MAGIC = 0x44534B45;
  private static final int HEADER = 40;
  private static final int PREFIX = HEADER + DataKey.NONCE_BYTES;
  private static final int SHORTEST_COMPRESSED = 256;
  private static final int LEVEL = 3;
  private static final int LONGEST = 64 << 20;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final CryptoProfile profile;
  private final boolean compressed;
  private final long created;
  private final long expires;
  private final int period;
  private final int computeMillis;
  private final int rawLength;
  private final byte[] bytes;

  private SealedEntry(CryptoProfile profile, boolean compressed, ByteBuffer header, byte[] bytes) {
    this.profile = profile;
    this.compressed = compressed;
    this.created = header.getLong(8);
    this.expires = header.getLong(16);
    this.period = header.getInt(24);
    this.computeMillis = header.getInt(28);
    this.rawLength = header.getInt(32);
    this.bytes = bytes;
  }

  public static byte[] seal(Address address, Entry entry, DataKey key) {
    byte[] content = entry.json();
    boolean compress = content.length >= SHORTEST_COMPRESSED;
    if (compress) {
      content = Zstd.compress(content, LEVEL);
    }
    byte[] nonce = new byte[DataKey.NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    ByteBuffer header =
        ByteBuffer.allocate(HEADER)
            .putInt(MAGIC)
            .put((byte) 1)
            .put((byte) key.profile().code())
            .put((byte) (compress ? 1 : 0))
            .put((byte) 0)
            .putLong(entry.createdMillis())
            .putLong(entry.expiresMillis())
            .putInt(Keyring.period(entry.createdMillis()))
            .putInt(entry.computeMillis())
            .putInt(entry.json().length)
            .putInt(content.length + DataKey.TAG_BYTES);
    byte[] sealed = key.seal(nonce, about(header.array(), address), content);
    return ByteBuffer.allocate(PREFIX + sealed.length)
        .put(header.array())
        .put(nonce)
        .put(sealed)
        .array();
  }

  /** Reads the header, which is believed by nobody before {@link #open}. */
  public static SealedEntry parse(byte[] bytes) throws DamagedEntry {
    if (bytes.length < PREFIX + DataKey.TAG_BYTES) {
      throw new DamagedEntry("%d bytes are too few".formatted(bytes.length));
    }
    ByteBuffer header = ByteBuffer.wrap(bytes);
    if (header.getInt(0) != MAGIC || header.get(4) != 1) {
      throw new DamagedEntry("it is no entry of version 1");
    }
    CryptoProfile profile =
        CryptoProfile.of(header.get(5))
            .orElseThrow(() -> new DamagedEntry("cipher %d is unknown".formatted(header.get(5))));
    int length = header.getInt(36);
    int raw = header.getInt(32);
    if (length != bytes.length - PREFIX || raw < 0 || raw > LONGEST) {
      throw new DamagedEntry(
          "%d bytes follow where %d are announced".formatted(bytes.length - PREFIX, length));
    }
    return new SealedEntry(profile, header.get(6) == 1, header, bytes);
  }

  /** The period of the key that opens it. */
  public int period() {
    return period;
  }

  public CryptoProfile profile() {
    return profile;
  }

  public boolean isExpired(long nowMillis) {
    return expires <= nowMillis;
  }

  public Entry open(Address address, DataKey key) throws DamagedEntry {
    byte[] nonce = Arrays.copyOfRange(bytes, HEADER, PREFIX);
    byte[] content;
    try {
      content =
          key.open(
              nonce,
              about(Arrays.copyOf(bytes, HEADER), address),
              bytes,
              PREFIX,
              bytes.length - PREFIX);
    } catch (SealBroken e) {
      throw new DamagedEntry("its seal is broken, or it belongs elsewhere");
    }
    if (compressed) {
      try {
        content = Zstd.decompress(content, rawLength);
      } catch (ZstdException e) {
        throw new DamagedEntry("it cannot be decompressed: " + e.getMessage());
      }
    }
    if (content.length != rawLength) {
      throw new DamagedEntry("its content has %d bytes of %d".formatted(content.length, rawLength));
    }
    return new Entry(created, expires, computeMillis, content);
  }

  private static byte[] about(byte[] header, Address address) {
    byte[] rest = address.authenticated();
    byte[] about = Arrays.copyOf(header, header.length + rest.length);
    System.arraycopy(rest, 0, about, header.length, rest.length);
    return about;
  }
}
