package platform.deepseek.inference.weights;

/**
 * Element types of checkpoints. A quantised type stores blocks of {@code blockElements} values in
 * {@code blockBytes} bytes (ggml's layouts).
 */
public enum DType {
  F32(1, 4),
  F16(1, 2),
  BF16(1, 2),
  I32(1, 4),
  I64(1, 8),
  U8(1, 1),
  /** 4 bits of exponent, 3 of mantissa, no infinity; each value times the factor of its block. */
  F8_E4M3(1, 1),
  Q4_0(32, 18),
  Q4_1(32, 20),
  Q5_0(32, 22),
  Q5_1(32, 24),
  Q8_0(32, 34),
  Q4_K(256, 144),
  Q5_K(256, 176),
  Q6_K(256, 210);

  public final int blockElements;
  public final int blockBytes;

  DType(int blockElements, int blockBytes) {
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /**
   * Bytes that {@code elements} values take.
   *
   * @throws ArithmeticException if that is not a whole number of blocks or exceeds a long
   */
  public long bytes(long elements) {
    if (elements % blockElements != 0) {
      throw new ArithmeticException(
          elements + " values are not whole blocks of " + blockElements + " (" + this + ")");
    }
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }
}
