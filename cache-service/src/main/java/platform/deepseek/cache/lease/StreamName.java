package platform.deepseek.cache.lease;

import java.util.Optional;
import platform.deepseek.cache.key.CacheKey;

/**
 * The name of a live stream: the key and the fence of the lease that it belongs to. Whoever has it
 * can ask whether its leader still holds the lease; nobody without the tenant's salt can guess it.
 */
public record StreamName(CacheKey key, long fence) {

  private static final int LONGEST_FENCE = 19;

  /** The key's 64 digits, a hyphen, and the fence. */
  public static Optional<StreamName> parse(String text) {
    int end = 2 * CacheKey.BYTES;
    if (text.length() < end + 2
        || text.length() > end + 1 + LONGEST_FENCE
        || text.charAt(end) != '-'
        || !text.substring(end + 1).chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    try {
      long fence = Long.parseLong(text.substring(end + 1));
      return CacheKey.parse(text.substring(0, end)).map(key -> new StreamName(key, fence));
    } catch (NumberFormatException e) { // nineteen digits may be too many
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return key + "-" + fence;
  }
}
