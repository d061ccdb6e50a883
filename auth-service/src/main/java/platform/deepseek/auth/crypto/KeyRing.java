package platform.deepseek.auth.crypto;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * Seals with the newest of its data keys and opens with the one that was used. Safe for several
 * threads. It may ask the database, so it is not for event loops; StoreUnavailable comes out of it
 * when that does not answer.
 *
 * <p>What is sealed: version 1, the cipher, the data key's id (16 bytes), a random nonce (12), the
 * cipher text, the tag (16). Everything before the nonce is authenticated with the associated data.
 * Random nonces allow 2^32 seals with one key (NIST SP 800-38D, 8.3); a week of 5,000 a second is
 * less.
 */
public final class KeyRing {

  /** What sealing adds to the length. */
  public static final int OVERHEAD =
      2 + DataKey.ID_BYTES + SealingCipher.NONCE_BYTES + SealingCipher.TAG_BYTES;

  private static final byte VERSION = 1;
  private static final int HEADER = 2 + DataKey.ID_BYTES;

  private final String name;
  private final DataKeys keys;
  private final SecureRandom random = new SecureRandom();

  KeyRing(String name, DataKeys keys) {
    this.name = name;
    this.keys = keys;
  }

  /**
   * @param associatedData what it belongs to, such as a row's id: it opens only with the same again
   */
  public byte[] seal(byte[] plain, byte[] associatedData) {
    DataKey key = keys.current(name);
    byte[] header =
        ByteBuffer.allocate(HEADER)
            .put(VERSION)
            .put((byte) key.cipher().code())
            .put(key.idBytes())
            .array();
    byte[] nonce = new byte[SealingCipher.NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] encrypted =
        key.cipher().encrypt(key.secret(), nonce, joined(header, associatedData), plain);
    return joined(joined(header, nonce), encrypted);
  }

  /**
   * @throws CannotOpen when it was sealed by another ring or for something else, was changed, or
   *     its key was shredded
   */
  public byte[] open(byte[] sealed, byte[] associatedData) {
    ByteBuffer buffer = ByteBuffer.wrap(sealed);
    SealingCipher cipher = cipher(buffer);
    UUID id = DataKey.id(buffer);
    DataKey key = keys.find(id).orElseThrow(() -> new CannotOpen(CannotOpen.Reason.SHREDDED));
    if (!key.ring().equals(name) || key.cipher() != cipher) {
      throw new CannotOpen(CannotOpen.Reason.FORGED);
    }
    byte[] header = new byte[HEADER];
    buffer.get(0, header);
    byte[] nonce = new byte[SealingCipher.NONCE_BYTES];
    buffer.get(nonce);
    byte[] encrypted = new byte[buffer.remaining()];
    buffer.get(encrypted);
    return cipher.decrypt(key.secret(), nonce, joined(header, associatedData), encrypted);
  }

  /** Whether it was sealed with the key that would be used now. */
  boolean isCurrent(byte[] sealed) {
    ByteBuffer buffer = ByteBuffer.wrap(sealed);
    SealingCipher cipher = cipher(buffer);
    DataKey key = keys.current(name);
    return key.cipher() == cipher && key.id().equals(DataKey.id(buffer));
  }

  /** Which data key it was sealed with. */
  static UUID keyOf(byte[] sealed) {
    ByteBuffer buffer = ByteBuffer.wrap(sealed);
    SealingCipher unused = cipher(buffer);
    return DataKey.id(buffer);
  }

  /** The same, sealed with the key that is used now. */
  byte[] reseal(byte[] sealed, byte[] associatedData) {
    return seal(open(sealed, associatedData), associatedData);
  }

  private static SealingCipher cipher(ByteBuffer sealed) {
    if (sealed.remaining() < OVERHEAD || sealed.get() != VERSION) {
      throw new CannotOpen(CannotOpen.Reason.MALFORMED);
    }
    return SealingCipher.coded(sealed.get());
  }

  private static byte[] joined(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }
}
