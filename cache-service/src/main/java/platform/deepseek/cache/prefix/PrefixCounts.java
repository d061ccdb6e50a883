package platform.deepseek.cache.prefix;

import java.util.concurrent.atomic.LongAdder;

/** What happened to blocks since the start. */
public final class PrefixCounts {

  public final LongAdder hits = new LongAdder();
  public final LongAdder misses = new LongAdder();
  public final LongAdder writes = new LongAdder();
  public final LongAdder bytesRead = new LongAdder();
  public final LongAdder bytesWritten = new LongAdder();
}
