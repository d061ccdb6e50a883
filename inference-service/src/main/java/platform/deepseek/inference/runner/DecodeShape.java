package platform.deepseek.inference.runner;

/**
 * How attention of single tokens is spread over the device. A block takes some positions of one row
 * for up to eight heads that share a key and value head. Which positions, the device decides once
 * for a step (attention_plan.cu), because a captured run is replayed with other lengths: this is
 * what it may spread them over.
 *
 * @param warps of a block
 * @param units blocks that do the same positions of a row for different heads
 * @param items blocks for all rows, of each unit
 * @param blocks that are to share the work, if rows are long enough to be cut
 */
record DecodeShape(int warps, int units, int items, int blocks) {

  /** What a block keeps of the parts of its row in shared memory is for so many. */
  private static final int MOST_PARTS = 128;

  private static final int HEADS_OF_A_BLOCK = 8;

  /** What a thread holds while parts meet. */
  private static final int FLOATS_OF_A_THREAD = 4;

  private static final int WARP = 32;

  /**
   * @param multiprocessors of the device
   * @param rows of the run; a captured run is replayed with the same number
   */
  static DecodeShape of(AttentionHeads heads, int multiprocessors, int rows) {
    int units = heads.kvHeads() * Math.ceilDiv(heads.group(), HEADS_OF_A_BLOCK);
    int blocks = multiprocessors;
    int items = rows + Math.ceilDiv(blocks, units);
    // Two blocks of eight warps do not fit on a multiprocessor, three of four do.
    int warps = 2L * rows * units > 3L * multiprocessors ? 4 : 8;
    return new DecodeShape(warps, units, items, blocks);
  }

  /** Threads of a block. */
  int threads() {
    return WARP * warps;
  }

  /** Bytes of dynamic shared memory of a block. */
  int sharedBytes(int headDim) {
    int results = warps * HEADS_OF_A_BLOCK * (headDim + 2);
    int joining = MOST_PARTS * HEADS_OF_A_BLOCK + threads() * FLOATS_OF_A_THREAD;
    return Math.max(results, joining) * Float.BYTES;
  }

  /** Bytes in which parts of rows meet. */
  long partialBytes(int headDim) {
    return (long) items * units * HEADS_OF_A_BLOCK * (headDim + 2) * Float.BYTES;
  }

  /** Bytes of the plan. */
  long workBytes() {
    return (long) items * 8 * Integer.BYTES;
  }

  /** Bytes of the counters of parts that arrived; they are zero between launches. */
  long counterBytes(int rows) {
    return (long) rows * units * Integer.BYTES;
  }
}
