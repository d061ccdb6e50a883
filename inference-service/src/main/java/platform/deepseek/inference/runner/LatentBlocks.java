package platform.deepseek.inference.runner;

/**
 * How blocks of attention over latents divide a run (latent_attention.cu). A block has 16 or 64
 * rows, which are heads of one token, or of a few neighbouring ones; more rows take more shared
 * memory and share what is read of the cache.
 *
 * @param rows of a block
 * @param heads that a block takes of a token
 * @param units blocks that do the same positions for different heads
 */
record LatentBlocks(int rows, int heads, int units) {

  private static final int FEW = 16;
  private static final int MANY = 64;

  /** Positions of a block of vectors, of which two are in shared memory. */
  private static final int KEYS = 32;

  /** Channels of a step of the products. */
  private static final int STEP = 32;

  /** Between rows of shared memory, against conflicts of banks. */
  private static final int GAP_BYTES = 16;

  /** Warps of the same rows that make scores, at most. */
  private static final int SCORING = 4;

  /** Of single tokens: as few rows as their heads fill. */
  static LatentBlocks ofSingles(LatentHeads heads, int mostSharedMemory) {
    return heads.heads() <= FEW ? of(heads, FEW) : ofPrompts(heads, mostSharedMemory);
  }

  /** Of pieces of prompts: as many rows as fit. */
  static LatentBlocks ofPrompts(LatentHeads heads, int mostSharedMemory) {
    LatentBlocks many = of(heads, MANY);
    return many.sharedBytes(heads) <= mostSharedMemory ? many : of(heads, FEW);
  }

  private static LatentBlocks of(LatentHeads heads, int rows) {
    int together = Math.min(heads.heads(), rows);
    return new LatentBlocks(rows, together, Math.ceilDiv(heads.heads(), together));
  }

  /** Tokens of a tile. */
  int tokens() {
    return rows / heads;
  }

  /** Bytes of dynamic shared memory of a block. */
  int sharedBytes(LatentHeads latent) {
    int stride = Math.ceilDiv(latent.width(), STEP) * STEP * Short.BYTES + GAP_BYTES;
    int weights = rows * (KEYS * Short.BYTES + GAP_BYTES);
    int sums = 2 * SCORING * rows * Float.BYTES;
    return (rows + 2 * KEYS) * stride + weights + sums;
  }

  /** Parts of rows that single tokens may be cut into, of each unit. */
  int items(int multiprocessors, int tokenRows) {
    return tokenRows + Math.ceilDiv(multiprocessors, units);
  }

  /** Bytes of the plan of single tokens. */
  static long workBytes(int items) {
    return (long) items * 8 * Integer.BYTES;
  }

  /** Bytes in which parts of rows meet. */
  long partialBytes(LatentHeads latent, int items) {
    return (long) items * units * heads * (latent.rank() + 2) * Float.BYTES;
  }
}
