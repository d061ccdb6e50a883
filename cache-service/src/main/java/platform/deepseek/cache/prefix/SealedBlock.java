package platform.deepseek.cache.prefix;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.SealBroken;
import platform.deepseek.cache.key.CacheKey;

/**
 * A block as it is kept. Big-endian: magic "DSKB", version 1, cipher (1 AES-256-GCM, 2 SM4-GCM),
 * two zero bytes, created and expires in milliseconds since 1970 (8 each), period of the data key
 * (4), nonce (12), the sealed block and its tag (16). The seal authenticates the header, the name
 * and the tenant. Blocks are not compressed: numbers of a KV cache hardly get smaller, and slower.
 */
final class SealedBlock {

  private static final int MAGIC = 0x44534B42;
  private static final int HEADER = 28;
  private static final int PREFIX = HEADER + DataKey.NONCE_BYTES;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final CryptoProfile profile;
  private final ByteBuffer bytes;

  private SealedBlock(CryptoProfile profile, ByteBuffer bytes) {
    this.profile = profile;
    this.bytes = bytes;
  }

  static byte[] seal(
      String tenant, CacheKey name, byte[] block, long created, long expires, DataKey key) {
    byte[] nonce = new byte[DataKey.NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    byte[] sealed = new byte[PREFIX + block.length + DataKey.TAG_BYTES];
    ByteBuffer.wrap(sealed)
        .putInt(MAGIC)
        .put((byte) 1)
        .put((byte) key.profile().code())
        .putShort((short) 0)
        .putLong(created)
        .putLong(expires)
        .putInt(Keyring.period(created))
        .put(nonce);
    key.seal(nonce, about(sealed, tenant, name), block, sealed, PREFIX);
    return sealed;
  }

  /** Empty for what is no block of this version. */
  static Optional<SealedBlock> parse(byte[] sealed) {
    if (sealed.length < PREFIX + DataKey.TAG_BYTES) {
      return Optional.empty();
    }
    ByteBuffer buffer = ByteBuffer.wrap(sealed);
    return buffer.getInt(0) != MAGIC || buffer.get(4) != 1
        ? Optional.empty()
        : CryptoProfile.of(buffer.get(5)).map(profile -> new SealedBlock(profile, buffer));
  }

  CryptoProfile profile() {
    return profile;
  }

  long createdMillis() {
    return bytes.getLong(8);
  }

  long expiresMillis() {
    return bytes.getLong(16);
  }

  int period() {
    return bytes.getInt(24);
  }

  byte[] open(String tenant, CacheKey name, DataKey key) throws SealBroken {
    byte[] sealed = bytes.array();
    return key.open(
        Arrays.copyOfRange(sealed, HEADER, PREFIX),
        about(sealed, tenant, name),
        sealed,
        PREFIX,
        sealed.length - PREFIX);
  }

  private static byte[] about(byte[] sealed, String tenant, CacheKey name) {
    byte[] owner = tenant.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(HEADER + CacheKey.BYTES + owner.length)
        .put(sealed, 0, HEADER)
        .put(name.bytes())
        .put(owner)
        .array();
  }
}
