package platform.deepseek.inference.ops;

/**
 * The two forms in which a weight matrix of N columns and K inputs is kept for products of our own.
 * Both cut K into blocks of 32 and N into panels of 8 columns; the bytes of a panel's block lie
 * together, blocks of a panel follow each other, so a product streams its weights once, in order.
 *
 * <ul>
 *   <li>INT4: weight = scale * q + minimum, q in 0..15. GGUF's Q4_0, Q4_1 and Q4_K fit without
 *       loss. Block of a panel: 128 bytes of q, 8 scales, 8 minima (float32). Byte 32 s + 4 c + j
 *       holds input 4 s + j of column c in its low half and input 16 + 4 s + j in its high half.
 *       Activations: signed 8 bits with a scale per block.
 *   <li>INT8: weight = scale * q, q in -127..127. GGUF's Q8_0 and Q5_0 fit without loss. Block of a
 *       panel: 256 bytes of q, 8 scales. Byte 16 p + 2 c + j holds input 2 p + j of column c.
 *       Activations: signed 16 bits with a scale per block, so the products lose next to nothing.
 * </ul>
 */
public enum BlockFormat {
  INT4(192, 40),
  INT8(288, 72);

  /** Inputs that share a scale. */
  public static final int BLOCK = 32;

  /** Columns that are computed together. */
  public static final int PANEL = 8;

  /** Bytes of one panel's block of weights. */
  final int weightBytes;

  /**
   * Bytes of one row's block of activations: 32 values, the scale, the scaled sum of the values.
   */
  final int activationBytes;

  BlockFormat(int weightBytes, int activationBytes) {
    this.weightBytes = weightBytes;
    this.activationBytes = activationBytes;
  }

  /** Bytes of so many weights of whole panels. */
  public long bytes(long weights) {
    return weights / (BLOCK * PANEL) * weightBytes;
  }

  /** Bytes of one row of K quantised activations. */
  public int rowBytes(int inputs) {
    return inputs / BLOCK * activationBytes;
  }

  /** Offset of the scale inside a block of activations; the scaled sum follows it. */
  int scaleOffset() {
    return activationBytes - 8;
  }
}
