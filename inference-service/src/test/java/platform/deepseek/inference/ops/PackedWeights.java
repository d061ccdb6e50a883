package platform.deepseek.inference.ops;

import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * Weights of a {@link BlockMatrix} one by one, by the layout that {@link BlockFormat} describes and
 * not by the code under test.
 */
record PackedWeights(BlockMatrix matrix) {

  /** A matrix of any integers that the format can hold, scales and minima of either sign. */
  static BlockMatrix random(Random random, BlockFormat format, int inputs, int outputs) {
    BlockMatrix matrix = BlockMatrix.allocate(format, inputs, outputs);
    PackedWeights weights = new PackedWeights(matrix);
    byte[] integers = new byte[format == BlockFormat.INT4 ? 128 : 256];
    for (int panel = 0; panel < matrix.panels(); panel++) {
      for (int block = 0; block < matrix.blocks(); block++) {
        random.nextBytes(integers);
        weights.fill(panel, block, integers, random.nextFloat(-0.1f, 0.1f), random.nextFloat());
      }
    }
    return matrix;
  }

  /** Every integer byte the same, every scale 1, every minimum -1. */
  static BlockMatrix uniform(BlockFormat format, int inputs, int outputs, int integer) {
    BlockMatrix matrix = BlockMatrix.allocate(format, inputs, outputs);
    byte[] integers = new byte[format == BlockFormat.INT4 ? 128 : 256];
    java.util.Arrays.fill(integers, (byte) integer);
    for (int panel = 0; panel < matrix.panels(); panel++) {
      for (int block = 0; block < matrix.blocks(); block++) {
        new PackedWeights(matrix).fill(panel, block, integers, 1, -1);
      }
    }
    return matrix;
  }

  private void fill(int panel, int block, byte[] integers, float scale, float minimum) {
    long at = blockAt(panel, block);
    for (int i = 0; i < integers.length; i++) {
      matrix.weights().set(ValueLayout.JAVA_BYTE, at + i, integers[i]);
    }
    for (int column = 0; column < BlockFormat.PANEL; column++) {
      long scales = at + integers.length + 4L * column;
      matrix.weights().set(ValueLayout.JAVA_FLOAT, scales, scale * (column + 1));
      if (matrix.format() == BlockFormat.INT4) {
        matrix.weights().set(ValueLayout.JAVA_FLOAT, scales + 32, minimum - column);
      }
    }
  }

  int integer(int output, int input) {
    long at = blockAt(output / 8, input / 32);
    int column = output % 8;
    int i = input % 32;
    return switch (matrix.format()) {
      case INT4 -> {
        int half = i % 16;
        int pair =
            matrix.weights().get(ValueLayout.JAVA_BYTE, at + half / 4 * 32 + 4 * column + half % 4);
        yield i < 16 ? pair & 15 : pair >> 4 & 15;
      }
      case INT8 ->
          matrix.weights().get(ValueLayout.JAVA_BYTE, at + i / 2 * 16 + 2 * column + i % 2);
    };
  }

  float scale(int output, int input) {
    int integers = matrix.format() == BlockFormat.INT4 ? 128 : 256;
    return matrix
        .weights()
        .get(ValueLayout.JAVA_FLOAT, blockAt(output / 8, input / 32) + integers + output % 8 * 4);
  }

  float minimum(int output, int input) {
    return matrix.format() == BlockFormat.INT8
        ? 0
        : matrix
            .weights()
            .get(ValueLayout.JAVA_FLOAT, blockAt(output / 8, input / 32) + 160 + output % 8 * 4);
  }

  /** The float32 number that is stored. */
  float value(int output, int input) {
    return scale(output, input) * integer(output, input) + minimum(output, input);
  }

  private long blockAt(int panel, int block) {
    return ((long) panel * matrix.blocks() + block) * matrix.format().weightBytes;
  }
}
