package platform.deepseek.operator.resource;

/** Number formats of weights. */
public enum Precision {
  FP32(32),
  BF16(16),
  FP16(16),
  FP8(8),
  INT8(8),
  FP4(4),
  INT4(4);

  private final int bits;

  Precision(int bits) {
    this.bits = bits;
  }

  public int bits() {
    return bits;
  }
}
