package platform.deepseek.cache.tier;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.Digests;

/** A process that writes entries, says which are written, and waits to be killed meanwhile. */
final class DoomedWriter {

  private DoomedWriter() {}

  public static void main(String[] arguments) {
    RocksStore store = new RocksStore(settings(Path.of(arguments[0])));
    for (int i = 0; ; i++) {
      store.put(key(i), value(i), Duration.ofHours(1)).join();
      System.out.println(i);
    }
  }

  static RocksSettings settings(Path folder) {
    return new RocksSettings(folder, 64 << 20, Duration.ofDays(1), 1 << 30, true);
  }

  static CacheKey key(int i) {
    return CacheKey.of(Digests.sha256(new byte[] {(byte) i, (byte) (i >> 8), (byte) (i >> 16)}));
  }

  /** Different ones of every length up to 4 KB, which prove themselves. */
  static byte[] value(int i) {
    byte[] value = new byte[32 + i * 37 % 4_096];
    new Random(i).nextBytes(value);
    return value;
  }
}
