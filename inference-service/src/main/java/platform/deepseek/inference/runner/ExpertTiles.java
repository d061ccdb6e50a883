package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.MixtureOfExperts;

/** Sizes of the tiles in which rows are multiplied with their experts (expert_products.cu). */
enum ExpertTiles {
  /** Where an expert has a few rows and its weights' bytes are what takes time. */
  FEW(16, 64, 8),
  /** Where it has some. */
  SOME(64, 128, 3),
  /** Where it has many. */
  MANY(128, 128, 3);

  private static final int STEP_BYTES = 128;
  private static final int GAP_BYTES = 16;

  /** Rows of an expert on average from which larger tiles are taken. */
  private static final int ROWS_FOR_SOME = 24;

  private static final int ROWS_FOR_MANY = 128;

  /** Of a tile. */
  final int rows;

  /** Rows of the matrix that a block takes. */
  final int outputs;

  private final int stages;

  ExpertTiles(int rows, int outputs, int stages) {
    this.rows = rows;
    this.outputs = outputs;
    this.stages = stages;
  }

  /**
   * Of a run of so many rows.
   *
   * @param mostSharedMemory bytes that a block can have
   */
  static ExpertTiles of(MixtureOfExperts mixture, int rows, int mostSharedMemory) {
    long ofAnExpert = (long) rows * mixture.chosen() / mixture.experts();
    if (ofAnExpert >= ROWS_FOR_MANY && MANY.sharedBytes() <= mostSharedMemory) {
      return MANY;
    }
    return ofAnExpert >= ROWS_FOR_SOME ? SOME : FEW;
  }

  /** Tiles of a run at most, however its rows choose. */
  int most(MixtureOfExperts mixture, int runRows) {
    long pairs = (long) runRows * mixture.chosen();
    return Math.toIntExact(Math.min(mixture.experts(), pairs) + pairs / rows);
  }

  /** Bytes of dynamic shared memory of a block. */
  int sharedBytes() {
    return stages * (rows + outputs) * (STEP_BYTES + GAP_BYTES);
  }
}
