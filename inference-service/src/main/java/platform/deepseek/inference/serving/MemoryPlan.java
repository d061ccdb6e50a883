package platform.deepseek.inference.serving;

import platform.deepseek.inference.model.ModelConfig;

/**
 * How many KV slots and blocks the engine gets.
 *
 * <p>There are twice as many slots as sequences that run, so that prefixes of ended requests can
 * stay without being in the way. Slots are address space; what counts is the blocks that they may
 * fill together, which is a share of the machine's memory.
 *
 * @param slots idle ones included
 * @param blocks of {@link #BLOCK_TOKENS} tokens that all slots together may fill
 */
record MemoryPlan(int slots, int blocks) {

  static final int BLOCK_TOKENS = 16;

  /**
   * @param memory bytes for keys and values
   * @throws IllegalArgumentException one sequence of this context does not fit
   */
  static MemoryPlan of(ModelConfig config, int context, int maxBatch, long memory) {
    long blocksPerSlot = (context + BLOCK_TOKENS - 1L) / BLOCK_TOKENS;
    long affordable = affordableTokens(config, memory) / BLOCK_TOKENS;
    if (affordable < blocksPerSlot) {
      throw new IllegalArgumentException(
          ("CONTEXT=%,d needs %,d MiB of KV memory for one sequence and %,d MiB are allowed: lower"
                  + " CONTEXT or raise deepseek.kv-memory")
              .formatted(
                  context,
                  (blocksPerSlot * BLOCK_TOKENS * bytesPerToken(config)) >> 20,
                  memory >> 20));
    }
    int slots = 2 * maxBatch;
    return new MemoryPlan(slots, (int) Math.min(affordable, slots * blocksPerSlot));
  }

  /** Whole blocks of tokens whose keys and values fit so many bytes. */
  static long affordableTokens(ModelConfig config, long memory) {
    return memory / (bytesPerToken(config) * BLOCK_TOKENS) * BLOCK_TOKENS;
  }

  private static long bytesPerToken(ModelConfig config) {
    return config.cachedValues() * Float.BYTES;
  }
}
