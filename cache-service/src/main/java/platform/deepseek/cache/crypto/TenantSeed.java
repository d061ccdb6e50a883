package platform.deepseek.cache.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * 32 random bytes of one tenant. They are kept wrapped by the master key: creation (8 bytes,
 * milliseconds), nonce (12), wrapped (32 + 16), with the tenant's name authenticated.
 *
 * @param createdMillis a seed from before its tenant was purged is none
 */
public record TenantSeed(long createdMillis, byte[] bytes) {

  private static final int BYTES = 32;
  private static final int WRAPPED = 8 + DataKey.NONCE_BYTES + BYTES + DataKey.TAG_BYTES;
  private static final SecureRandom RANDOM = new SecureRandom();

  static TenantSeed fresh(long nowMillis) {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return new TenantSeed(nowMillis, bytes);
  }

  byte[] wrap(DataKey wrapping, String tenant) {
    byte[] nonce = new byte[DataKey.NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    return ByteBuffer.allocate(WRAPPED)
        .putLong(createdMillis)
        .put(nonce)
        .put(wrapping.seal(nonce, about(createdMillis, tenant), bytes))
        .array();
  }

  /** Empty for what the master key did not wrap for this tenant. */
  static Optional<TenantSeed> unwrap(DataKey wrapping, String tenant, byte[] wrapped) {
    if (wrapped.length != WRAPPED) {
      return Optional.empty();
    }
    ByteBuffer buffer = ByteBuffer.wrap(wrapped);
    long created = buffer.getLong();
    byte[] nonce = new byte[DataKey.NONCE_BYTES];
    buffer.get(nonce);
    try {
      return Optional.of(
          new TenantSeed(
              created,
              wrapping.open(
                  nonce, about(created, tenant), wrapped, buffer.position(), buffer.remaining())));
    } catch (SealBroken e) {
      return Optional.empty();
    }
  }

  private static byte[] about(long created, String tenant) {
    byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + name.length).putLong(created).put(name).array();
  }
}
