package platform.deepseek.inference.ops;

import platform.deepseek.inference.weights.Tensor;

/**
 * One row of weights in blocks of 32: {@code scale * q + minimum}. Reused row by row.
 *
 * @param q one value per input
 * @param scales one per block
 * @param minima one per block; zero for INT8
 */
public record QuantizedRow(byte[] q, float[] scales, float[] minima) {

  /** A row of so many inputs, a multiple of 32. */
  public static QuantizedRow ofInputs(int inputs) {
    int blocks = inputs / BlockFormat.BLOCK;
    return new QuantizedRow(new byte[inputs], new float[blocks], new float[blocks]);
  }

  /**
   * Takes the numbers of a stored row as they are, where the format can hold them.
   *
   * @return whether it can; if not, nothing has changed
   */
  public boolean keep(BlockFormat format, Tensor tensor, long sourceRow) {
    return switch (format) {
      case INT4 -> StoredBlocks.readInt4(tensor, sourceRow, this);
      case INT8 -> StoredBlocks.readInt8(tensor, sourceRow, this);
    };
  }

  /** Chooses the numbers that come near these values. */
  public void quantize(BlockFormat format, float[] values) {
    switch (format) {
      case INT4 -> quantizeToInt4(values);
      case INT8 -> quantizeToInt8(values);
    }
  }

  /** Nearest signed 8-bit values, the largest magnitude at 127. */
  void quantizeToInt8(float[] values) {
    for (int block = 0; block < scales.length; block++) {
      int first = block * BlockFormat.BLOCK;
      float largest = 0;
      for (int i = first; i < first + BlockFormat.BLOCK; i++) {
        largest = Math.max(largest, Math.abs(values[i]));
      }
      scales[block] = largest / 127;
      minima[block] = 0;
      float inverse = largest == 0 ? 0 : 127 / largest;
      for (int i = first; i < first + BlockFormat.BLOCK; i++) {
        q[i] = (byte) Math.rint(values[i] * inverse);
      }
    }
  }

  /**
   * 4-bit values between a block's minimum and maximum, then the scale and minimum that fit these
   * values best (least squares), and once more with the fitted pair: the squared error falls by
   * about a tenth against plain minimum and maximum.
   */
  void quantizeToInt4(float[] values) {
    for (int block = 0; block < scales.length; block++) {
      int first = block * BlockFormat.BLOCK;
      float least = values[first];
      float most = values[first];
      for (int i = first; i < first + BlockFormat.BLOCK; i++) {
        least = Math.min(least, values[i]);
        most = Math.max(most, values[i]);
      }
      float scale = (most - least) / 15;
      float minimum = least;
      for (int round = 0; round < 3; round++) {
        roundToInt4(values, first, scale, minimum);
        scales[block] = scale;
        minima[block] = minimum;
        double sumQ = 0;
        double sumQq = 0;
        double sumX = 0;
        double sumQx = 0;
        for (int i = first; i < first + BlockFormat.BLOCK; i++) {
          sumQ += q[i];
          sumQq += q[i] * q[i];
          sumX += values[i];
          sumQx += q[i] * (double) values[i];
        }
        double determinant = BlockFormat.BLOCK * sumQq - sumQ * sumQ;
        if (determinant == 0) {
          break;
        }
        scale = (float) ((BlockFormat.BLOCK * sumQx - sumQ * sumX) / determinant);
        minimum = (float) ((sumX - scale * sumQ) / BlockFormat.BLOCK);
      }
    }
  }

  private void roundToInt4(float[] values, int first, float scale, float minimum) {
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = first; i < first + BlockFormat.BLOCK; i++) {
      q[i] = (byte) Math.clamp(Math.rint((values[i] - minimum) * inverse), 0, 15);
    }
  }
}
