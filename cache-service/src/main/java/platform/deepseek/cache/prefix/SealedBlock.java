package platform.deepseek.cache.prefix;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.PartCipher;
import platform.deepseek.cache.crypto.SealBroken;
import platform.deepseek.cache.key.CacheKey;

/**
 * A block as it is kept. Big-endian: magic "DSKB", version 1, cipher (1 AES-256-GCM, 2 SM4-GCM),
 * two zero bytes, created and expires in milliseconds since 1970 (8 each), period of the data key
 * (4), nonce (12), then the block in pieces of 16 KiB, each sealed and with its tag (16). A piece's
 * nonce is the block's with the piece's number in its last four bytes (exclusive or). The seals
 * authenticate the header, the name, the tenant, the piece's number and how many there are.
 *
 * <p>Pieces are for speed: the JDK's fast AES-GCM is there once its inner method has been called
 * some thousand times, which megabytes at once never do. Blocks are not compressed: numbers of a KV
 * cache hardly get smaller, and slower.
 */
final class SealedBlock {

  private static final int MAGIC = 0x44534B42;
  private static final int HEADER = 28;
  private static final int PREFIX = HEADER + DataKey.NONCE_BYTES;
  static final int PIECE = 16 << 10;
  private static final int SEALED_PIECE = PIECE + DataKey.TAG_BYTES;
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
    int pieces = Math.max(1, Math.ceilDiv(block.length, PIECE));
    byte[] sealed = new byte[PREFIX + block.length + pieces * DataKey.TAG_BYTES];
    ByteBuffer.wrap(sealed)
        .putInt(MAGIC)
        .put((byte) 1)
        .put((byte) key.profile().code())
        .putShort((short) 0)
        .putLong(created)
        .putLong(expires)
        .putInt(Keyring.period(created))
        .put(nonce);
    byte[] about = about(sealed, tenant, name, pieces);
    PartCipher cipher = key.parts();
    for (int i = 0; i < pieces; i++) {
      cipher.seal(
          nonce(sealed, i),
          numbered(about, i),
          block,
          i * PIECE,
          Math.min(PIECE, block.length - i * PIECE),
          sealed,
          PREFIX + i * SEALED_PIECE);
    }
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
    int length = sealed.length - PREFIX;
    int pieces = Math.ceilDiv(length, SEALED_PIECE);
    byte[] about = about(sealed, tenant, name, pieces);
    int last = length - (pieces - 1) * SEALED_PIECE;
    if (last < DataKey.TAG_BYTES) {
      throw SealBroken.cut();
    }
    byte[] block = new byte[length - pieces * DataKey.TAG_BYTES];
    PartCipher cipher = key.parts();
    for (int i = 0; i < pieces; i++) {
      cipher.open(
          nonce(sealed, i),
          numbered(about, i),
          sealed,
          PREFIX + i * SEALED_PIECE,
          Math.min(SEALED_PIECE, length - i * SEALED_PIECE),
          block,
          i * PIECE);
    }
    return block;
  }

  private static byte[] nonce(byte[] sealed, int piece) {
    ByteBuffer nonce = ByteBuffer.wrap(Arrays.copyOfRange(sealed, HEADER, PREFIX));
    int last = DataKey.NONCE_BYTES - 4;
    return nonce.putInt(last, nonce.getInt(last) ^ piece).array();
  }

  /** Ends with how many pieces there are, and room for a piece's number. */
  private static byte[] about(byte[] sealed, String tenant, CacheKey name, int pieces) {
    byte[] owner = tenant.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(HEADER + CacheKey.BYTES + owner.length + 8)
        .put(sealed, 0, HEADER)
        .put(name.bytes())
        .put(owner)
        .putInt(pieces)
        .array();
  }

  private static byte[] numbered(byte[] about, int piece) {
    ByteBuffer.wrap(about).putInt(about.length - 4, piece);
    return about;
  }
}
