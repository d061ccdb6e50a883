package platform.deepseek.cache.purge;

import java.util.Optional;
import platform.deepseek.cache.key.CacheKey;

/** What is purged. As text its kind, a colon and its name, on one line. */
public sealed interface Purge {

  record Tenant(String name) implements Purge {}

  /**
   * @param weights their digest
   */
  record Model(String weights) implements Purge {}

  record Key(CacheKey key) implements Purge {}

  default String text() {
    return switch (this) {
      case Tenant(String name) -> "t:" + name;
      case Model(String weights) -> "m:" + weights;
      case Key(CacheKey key) -> "k:" + key;
    };
  }

  static boolean isTenant(String text) {
    return text.startsWith("t:");
  }

  static Optional<Purge> parse(String text) {
    if (text.length() < 2 || text.charAt(1) != ':') {
      return Optional.empty();
    }
    String name = text.substring(2);
    return switch (text.charAt(0)) {
      case 't' -> Optional.of(new Tenant(name));
      case 'm' -> Optional.of(new Model(name));
      case 'k' -> CacheKey.parse(name).map(Key::new);
      default -> Optional.empty();
    };
  }
}
