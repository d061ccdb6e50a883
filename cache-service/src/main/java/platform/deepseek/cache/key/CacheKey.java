package platform.deepseek.cache.key;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** The name of an answer, or of a block: 32 bytes of SHA-256, 64 lower case digits as text. */
public final class CacheKey {

  public static final int BYTES = 32;

  private final byte[] bytes;

  private CacheKey(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @param bytes 32 of them
   */
  public static CacheKey of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a key has 32 bytes, not " + bytes.length);
    }
    return new CacheKey(bytes.clone());
  }

  public static Optional<CacheKey> parse(String text) {
    if (text.length() != 2 * BYTES) {
      return Optional.empty();
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return Optional.empty();
      }
    }
    return Optional.of(new CacheKey(HexFormat.of().parseHex(text)));
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CacheKey key && Arrays.equals(bytes, key.bytes);
  }

  /** A digest's bytes are spread already. */
  @Override
  public int hashCode() {
    return bytes[0] << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | bytes[3] & 255;
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
