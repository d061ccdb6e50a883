package platform.deepseek.cache.entry;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.KeyMaterial;

/**
 * Where an entry belongs. All of it is authenticated by the entry's seal, so that one that is put
 * somewhere else does not open.
 *
 * @param owner under whose data key it is kept: a tenant, or nobody's for shared ones
 * @param weights digest of the weights that made it: models are purged by it
 * @param modelDigest 32 bytes
 */
public record Address(CacheKey key, String owner, String weights, byte[] modelDigest) {

  public static Address of(CacheKey key, KeyMaterial material) {
    return new Address(key, material.owner(), material.model().weights(), material.modelDigest());
  }

  byte[] authenticated() {
    byte[] name = owner.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(CacheKey.BYTES + modelDigest.length + name.length)
        .put(key.bytes())
        .put(modelDigest)
        .put(name)
        .array();
  }
}
