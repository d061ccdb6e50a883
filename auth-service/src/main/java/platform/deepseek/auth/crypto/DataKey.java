package platform.deepseek.auth.crypto;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;

/** A key that something is sealed with, unwrapped. */
record DataKey(UUID id, String ring, SealingCipher cipher, byte[] secret, Instant createdAt) {

  static final int ID_BYTES = 16;

  byte[] idBytes() {
    return ByteBuffer.allocate(ID_BYTES)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .array();
  }

  static UUID id(ByteBuffer from) {
    return new UUID(from.getLong(), from.getLong());
  }
}
