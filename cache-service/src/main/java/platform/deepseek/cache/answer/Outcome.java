package platform.deepseek.cache.answer;

import platform.deepseek.cache.entry.Entry;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.lease.Lease;
import platform.deepseek.cache.lease.StreamName;
import platform.deepseek.cache.tier.Level;

/** What becomes of a lookup. */
public sealed interface Outcome {

  CacheKey key();

  record Hit(CacheKey key, Level level, long ageSeconds, Entry entry) implements Outcome {}

  /**
   * What is known is the answer to a question like it.
   *
   * @param similarity of the two questions, at least the threshold and at most 1
   */
  record SimilarHit(CacheKey key, double similarity, long ageSeconds, Entry entry)
      implements Outcome {}

  /** Whoever asked computes it. */
  record Lead(CacheKey key, Lease lease) implements Outcome {}

  /** Somebody computes it. */
  record Follow(CacheKey key, StreamName stream) implements Outcome {}

  /** Whoever asked computes it and keeps it. */
  record Pass(CacheKey key) implements Outcome {}
}
