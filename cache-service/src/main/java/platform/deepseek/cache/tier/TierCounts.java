package platform.deepseek.cache.tier;

import java.util.concurrent.atomic.LongAdder;

/** What happened in a tier since the start. */
public final class TierCounts {

  public final LongAdder hits = new LongAdder();
  public final LongAdder misses = new LongAdder();
  public final LongAdder writes = new LongAdder();
  public final LongAdder evictions = new LongAdder();
  public final LongAdder errors = new LongAdder();
}
