package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.Grid;

/**
 * How a product of few rows is divided: a block for each multiprocessor, whose warps walk over
 * tiles of eight outputs (few_rows.cuh, whose constants are repeated here).
 *
 * @param split warps that share a tile's inputs
 * @param sharedBytes of a block
 */
record ProductShape(int blocks, int split, int sharedBytes) {

  /** Outputs of a tile. */
  static final int TILE = 8;

  private static final int WARP = 32;
  private static final int WARPS = 16;
  private static final int THREADS = WARPS * WARP;
  private static final int STEPS_UNDER_WAY = 12;
  private static final int PIECE_BYTES = 16;
  private static final double NEARLY = 1.15;
  private static final int PARTIAL_BYTES = 2 * 2 * Float.BYTES;

  /**
   * A product whose rows are kept in shared memory.
   *
   * @param tiles that a warp computes together
   */
  static ProductShape staged(int multiprocessors, DeviceMatrix matrix, int tiles, int rows) {
    int rowBytes = 2 * matrix.inputs() + (matrix.inputs() % 64 == 0 ? 64 : 0);
    return of(multiprocessors, matrix, tiles, tiles, rows * rowBytes);
  }

  /** A product whose rows pass through shared memory as the weights do. */
  static ProductShape streamed(int multiprocessors, DeviceMatrix matrix, int tiles) {
    return of(multiprocessors, matrix, tiles, tiles + 1, 0);
  }

  private static ProductShape of(
      int multiprocessors, DeviceMatrix matrix, int tiles, int pieces, int rowBytes) {
    WeightFormat format = matrix.format();
    int stages = STEPS_UNDER_WAY / pieces;
    int perThread =
        stages * (PIECE_BYTES * pieces + Integer.BYTES * format.factors * tiles)
            + PARTIAL_BYTES * tiles;
    int shared = THREADS * perThread + Float.BYTES * WARPS + rowBytes;
    int units = matrix.outputs() / (TILE * tiles);
    int steps = Math.ceilDiv(matrix.inputs(), format.step());
    return new ProductShape(multiprocessors, split(multiprocessors, units, steps), shared);
  }

  /**
   * The fewest warps a tile that keep nearly as many warps busy as any number does; more of them
   * only add sums to be added.
   */
  private static int split(int multiprocessors, int units, int steps) {
    int most = Math.min(WARPS, Integer.highestOneBit(steps));
    double best = 0;
    for (int split = 1; split <= most; split *= 2) {
      best = Math.max(best, busy(multiprocessors, units, split));
    }
    int split = 1;
    while (busy(multiprocessors, units, split) * NEARLY < best) {
      split *= 2;
    }
    return split;
  }

  /** The part of all warps that have work, on average over the rounds that the tiles take. */
  private static double busy(int multiprocessors, int units, int split) {
    int together = multiprocessors * (WARPS / split);
    return (double) units / Math.ceilDiv(units, together) / together;
  }

  Grid grid() {
    return new Grid(blocks, 1, 1, THREADS, sharedBytes);
  }
}
