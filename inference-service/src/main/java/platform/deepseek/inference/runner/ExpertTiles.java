package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.MixtureOfExperts;

/**
 * Sizes of the tiles in which rows are multiplied with experts ([quantized_]expert_products.cu).
 */
enum ExpertTiles {
  /** Where an expert has a few rows and its weights' bytes are what takes time. */
  FEW(16, 64, 8, 8, 12),
  /** Where it has some. */
  SOME(64, 128, 3, 4, 4),
  /** Where it has many. */
  MANY(128, 128, 3, 3, 3);

  /** Bytes of a row in a stage, and of an output's weights with their factors. */
  private static final int ROW_BYTES = 144;

  private static final int INT8_BYTES = 64 + 4;
  private static final int INT4_ROW_BYTES = 160;
  private static final int INT4_BYTES = 32 + 8;

  /** Rows of an expert on average from which larger tiles are taken. */
  private static final int ROWS_FOR_SOME = 24;

  private static final int ROWS_FOR_MANY = 128;

  /** Of a tile. */
  final int rows;

  /** Rows of the matrix that a block takes. */
  final int outputs;

  private final int stages;
  private final int int8Stages;
  private final int int4Stages;

  ExpertTiles(int rows, int outputs, int stages, int int8Stages, int int4Stages) {
    this.rows = rows;
    this.outputs = outputs;
    this.stages = stages;
    this.int8Stages = int8Stages;
    this.int4Stages = int4Stages;
  }

  /**
   * For experts with so many rows each on average.
   *
   * @param format of their weights
   * @param mostSharedMemory bytes that a block can have
   */
  static ExpertTiles of(long rowsOfAnExpert, WeightFormat format, int mostSharedMemory) {
    if (rowsOfAnExpert >= ROWS_FOR_MANY && MANY.sharedBytes(format) <= mostSharedMemory) {
      return MANY;
    }
    return rowsOfAnExpert >= ROWS_FOR_SOME ? SOME : FEW;
  }

  /** Tiles of a run at most, however its rows choose. */
  int most(MixtureOfExperts mixture, int runRows) {
    long pairs = (long) runRows * mixture.chosen();
    return Math.toIntExact(Math.min(mixture.experts(), pairs) + pairs / rows);
  }

  /** Bytes of dynamic shared memory of a block. */
  int sharedBytes(WeightFormat format) {
    return switch (format) {
      case PUBLISHED -> stages * (rows + outputs) * ROW_BYTES;
      case INT8 -> int8Stages * (rows * ROW_BYTES + outputs * INT8_BYTES);
      case INT4 -> int4Stages * (rows * INT4_ROW_BYTES + outputs * INT4_BYTES);
    };
  }
}
