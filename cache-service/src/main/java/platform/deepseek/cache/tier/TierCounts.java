package platform.deepseek.cache.tier;

import java.util.concurrent.atomic.LongAdder;

/** What happened in a tier since the start. */
public final class TierCounts {

  public final LongAdder hits = new LongAdder();
  public final LongAdder misses = new LongAdder();
  public final LongAdder writes = new LongAdder();
  public final LongAdder evictions = new LongAdder();
  public final LongAdder errors = new LongAdder();

  /** Of what was found here: how old it was, and what computing it had taken. */
  public final LongAdder foundAgeMillis = new LongAdder();

  public final LongAdder savedMillis = new LongAdder();

  /**
   * Something of the tier was an answer.
   *
   * @param ageMillis since it was computed
   */
  public void found(long ageMillis, long computeMillis) {
    foundAgeMillis.add(Math.max(0, ageMillis));
    savedMillis.add(computeMillis);
  }
}
