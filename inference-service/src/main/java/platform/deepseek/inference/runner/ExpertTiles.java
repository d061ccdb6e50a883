package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.MixtureOfExperts;

/**
 * Sizes of the tiles in which rows are multiplied with experts ([quantized_]expert_products.cu).
 */
enum ExpertTiles {
  /** Where an expert has a few rows and its weights' bytes are what takes time. */
  FEW(16, 64, 8, 4, 5, 2),
  /** Where it has some. */
  SOME(64, 128, 3, 4, 4, 1),
  /** Where it has many. */
  MANY(128, 128, 3, 3, 3, 1);

  /** Bytes of a row and of an output's weights in a stage. */
  private static final int ROW_BYTES = 144;

  /** Bytes of 64 quantised weights with their factors. */
  private static final int INT8_BYTES = 64 + 4;

  private static final int INT4_BYTES = 32 + 8;

  /** Bytes of 64 inputs of a row, and between two rows. */
  private static final int INPUT_BYTES = 128;

  private static final int INT8_GAP = 16;
  private static final int INT4_GAP = 32;

  /** Rows of an expert on average from which larger tiles are taken. */
  private static final int ROWS_FOR_SOME = 24;

  /** Likewise of quantised weights, which are read again in half or a quarter of the time. */
  private static final int ROWS_FOR_SOME_QUANTIZED = 48;

  private static final int ROWS_FOR_MANY = 128;

  /** Likewise where all rows have one expert. */
  private static final int ALL_ROWS_FOR_SOME = 192;

  private static final int ALL_ROWS_FOR_MANY = 2048;

  /** Of a tile. */
  final int rows;

  /** Rows of the matrix that a block takes. */
  final int outputs;

  private final int stages;
  private final int int8Stages;
  private final int int4Stages;

  /** Times 64 inputs of a stage of quantised weights. */
  private final int parts;

  ExpertTiles(int rows, int outputs, int stages, int int8Stages, int int4Stages, int parts) {
    this.rows = rows;
    this.outputs = outputs;
    this.stages = stages;
    this.int8Stages = int8Stages;
    this.int4Stages = int4Stages;
    this.parts = parts;
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
    int some = format.quantized() ? ROWS_FOR_SOME_QUANTIZED : ROWS_FOR_SOME;
    return rowsOfAnExpert >= some ? SOME : FEW;
  }

  /** For one expert that all rows use: larger tiles would leave most of the GPU without work. */
  static ExpertTiles ofAll(int rows, WeightFormat format, int mostSharedMemory) {
    if (rows < ALL_ROWS_FOR_SOME) {
      return FEW;
    }
    return rows < ALL_ROWS_FOR_MANY ? SOME : of(rows, format, mostSharedMemory);
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
      case INT8 ->
          int8Stages * (rows * (parts * INPUT_BYTES + INT8_GAP) + outputs * parts * INT8_BYTES);
      case INT4 ->
          int4Stages * (rows * (parts * INPUT_BYTES + INT4_GAP) + outputs * parts * INT4_BYTES);
    };
  }
}
