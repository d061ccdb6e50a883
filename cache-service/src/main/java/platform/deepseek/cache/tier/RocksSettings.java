package platform.deepseek.cache.tier;

import java.nio.file.Path;
import java.time.Duration;

/**
 * @param folder of its own
 * @param mostBytes on disk; the oldest files go when there are more
 * @param longestLife after which a file of entries goes
 * @param writeBytesPerSecond that flushes may write
 * @param log whether writes are logged, so that those of a killed process are kept
 */
public record RocksSettings(
    Path folder, long mostBytes, Duration longestLife, long writeBytesPerSecond, boolean log) {}
