package platform.deepseek.inference.weights;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Factors of a matrix's rectangular blocks, with which its stored values are multiplied. The last
 * blocks of a row and of a column may be cut off.
 *
 * @param rows of a block
 * @param columns of a block
 * @param factors float32 [blocks down, blocks across]
 */
public record BlockScales(int rows, int columns, Tensor factors) {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Multiplies a row of the matrix, which begins at {@code offset} of {@code values}. */
  void multiply(long row, float[] values, int offset, int count) {
    long first = row / rows * factors.columns();
    for (int column = 0; column < count; column += columns) {
      long at = (first + column / columns) * Float.BYTES;
      float factor = factors.data().get(FLOAT, at);
      int end = offset + Math.min(count, column + columns);
      for (int i = offset + column; i < end; i++) {
        values[i] *= factor;
      }
    }
  }
}
