package platform.deepseek.inference.model;

/** Element types of ONNX tensors that graphs here use, with their numbers in the format. */
public enum OnnxType {
  FLOAT(1, 4),
  UINT8(2, 1),
  INT8(3, 1),
  INT32(6, 4),
  INT64(7, 8),
  BOOL(9, 1),
  FLOAT16(10, 2),
  BFLOAT16(16, 2);

  /** In the format. */
  public final int number;

  final int bytes;

  OnnxType(int number, int bytes) {
    this.number = number;
    this.bytes = bytes;
  }
}
