package platform.deepseek.inference.kv;

/**
 * @param slots rows that exist
 * @param context tokens of one row
 * @param blockTokens tokens of one block, the unit of accounting and of prefix matching
 * @param capacityBlocks blocks that all slots together may fill
 * @param prefixReuse whether finished sequences stay as prefixes for others
 */
public record PoolConfig(
    int slots, int context, int blockTokens, int capacityBlocks, boolean prefixReuse) {

  public PoolConfig {
    if (slots < 1 || context < 1 || blockTokens < 1 || capacityBlocks < 1) {
      throw new IllegalArgumentException(
          "slots %d, context %d, blockTokens %d and capacityBlocks %d must all be at least 1"
              .formatted(slots, context, blockTokens, capacityBlocks));
    }
  }

  /** Tokens that one sequence can hold when it is alone. */
  public int longestSequence() {
    return (int) Math.min(context, (long) capacityBlocks * blockTokens);
  }

  int blocks(int tokens) {
    return Math.ceilDiv(tokens, blockTokens);
  }
}
