package platform.deepseek.inference.ort;

/** ONNXTensorElementDataType: the numbers of the ONNX schema. */
public enum ElementType {
  FLOAT(1, 4),
  UINT8(2, 1),
  INT32(6, 4),
  INT64(7, 8),
  FLOAT16(10, 2),
  BFLOAT16(16, 2);

  final int code;
  final int bytes;

  ElementType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** Bytes of an element. */
  public int bytes() {
    return bytes;
  }
}
