package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;

/**
 * A weight matrix in a form whose products do not depend on which rows are multiplied together.
 * Columns are computed in panels of {@link BlockFormat#PANEL}; several matrices of the same shape
 * can lie one below the other, each in whole panels, and be multiplied with rows of their own.
 */
public sealed interface WeightMatrix extends AutoCloseable permits BlockMatrix, FloatMatrix {

  /** K. */
  int inputs();

  /** N. */
  int outputs();

  /** N in panels, the last one possibly not full. */
  int panels();

  /** Bytes of a row in the form that products read. */
  int activationBytes();

  /**
   * Brings one row into that form.
   *
   * @param source address of K float32
   * @param target address of {@link #activationBytes} bytes
   */
  void prepare(MemorySegment memory, long source, long target);

  /**
   * output = activations x weights.
   *
   * @param activations address of the first prepared row; the others follow
   * @param output address of the first row's value of the first panel's first column, float32
   * @param outputStride bytes from row to row
   */
  void multiply(
      int firstPanel, int panels, long activations, int rows, long output, long outputStride);

  @Override
  void close();

  /** Where the numbers of a matrix come from. */
  @FunctionalInterface
  interface Rows {

    /** Writes the weights of one output, K of them. Called by several threads. */
    void read(int output, float[] row);
  }
}
