package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.Grid;

/**
 * What one block of an attention kernel for prompts takes.
 *
 * @param kernel its name without the size of the head
 * @param rows pairs of token and head of the group
 * @param threads of a block
 * @param keys that are in shared memory as a block; there are two, and two of values
 */
record PromptShape(String kernel, int rows, int threads, int keys) {

  private static final int HOPPER = 90;

  /** Between these sizes of heads a warp's registers hold the results of 32 rows. */
  private static final int SMALLEST_FULL_HEAD = 64;

  private static final int LARGEST_FULL_HEAD = 128;

  /** For work that full tiles would not spread over the whole device. */
  static PromptShape fine(AttentionHeads heads) {
    int keys = heads.headDim() > LARGEST_FULL_HEAD ? 32 : 64;
    return new PromptShape("attention_prompt_short_", 64, 128, keys);
  }

  /** For much work. */
  static PromptShape full(AttentionHeads heads, int computeCapability) {
    if (isHopper(heads, computeCapability)) {
      return new PromptShape("attention_hopper_", 128, 256, 128);
    }
    if (heads.headDim() >= SMALLEST_FULL_HEAD && heads.headDim() <= LARGEST_FULL_HEAD) {
      return new PromptShape("attention_prompt_", 128, 128, 64);
    }
    return fine(heads);
  }

  /** Whether there is a kernel that only Hopper can run. */
  static boolean isHopper(AttentionHeads heads, int computeCapability) {
    return computeCapability == HOPPER && (heads.headDim() == 64 || heads.headDim() == 128);
  }

  /** Tokens of a tile at most. */
  int tokens(AttentionHeads heads) {
    return rows / heads.group();
  }

  Grid grid(AttentionHeads heads, int tiles) {
    int sharedBytes = (rows + 4 * keys) * heads.headDim() * Short.BYTES;
    return new Grid(heads.kvHeads(), tiles, 1, threads, sharedBytes);
  }
}
