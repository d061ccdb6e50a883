package platform.deepseek.inference.engine;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers which engine was sent which beginnings of prompts, and so may still have them computed.
 * A guess from outside: engines forget on their own, and nobody asks them. A wrong one costs a
 * prefix that is computed again, so short hashes will do, and the oldest are dropped.
 */
final class PrefixRoutes {

  /** Blocks remembered: a million tokens at 16 each, some megabytes. */
  private static final int CAPACITY = 1 << 16;

  /** Engines are bits of a word. */
  static final int MOST_ENGINES = Long.SIZE;

  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private final int blockTokens;

  /** From the hash of all blocks up to one, to the engines that were sent them. */
  private final Map<Long, Long> engines =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
          return size() > CAPACITY;
        }
      };

  PrefixRoutes(int blockTokens) {
    this.blockTokens = blockTokens;
  }

  /** Leading blocks of the prompt that each of so many engines was sent before. */
  int[] matches(GenerationRequest request, int count) {
    int[] blocks = new int[count];
    long hash = request.cacheSalt().hashCode();
    long holders = -1;
    for (int block = 0; block < blocks(request); block++) {
      hash = chain(hash, request.prompt(), block);
      holders &= engines.getOrDefault(hash, 0L);
      if (holders == 0) {
        break;
      }
      for (int engine = 0; engine < count; engine++) {
        blocks[engine] += (int) (holders >>> engine & 1);
      }
    }
    return blocks;
  }

  void sent(GenerationRequest request, int engine) {
    long hash = request.cacheSalt().hashCode();
    for (int block = 0; block < blocks(request); block++) {
      hash = chain(hash, request.prompt(), block);
      engines.merge(hash, 1L << engine, (before, now) -> before | now);
    }
  }

  private int blocks(GenerationRequest request) {
    return request.prompt().length / blockTokens;
  }

  private long chain(long before, int[] tokens, int block) {
    long hash = before;
    for (int i = block * blockTokens; i < (block + 1) * blockTokens; i++) {
      hash = (hash ^ tokens[i]) * MULTIPLIER;
      hash ^= hash >>> 29;
    }
    return hash;
  }
}
