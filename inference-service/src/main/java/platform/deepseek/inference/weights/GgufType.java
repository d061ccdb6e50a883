package platform.deepseek.inference.weights;

/** Types of metadata values, in the order of their numbers in the file. */
enum GgufType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  /** At least its length. */
  STRING(8),
  /** At least its element type and count. */
  ARRAY(12),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  /** The size of a value; of strings and arrays the least. */
  final int bytes;

  GgufType(int bytes) {
    this.bytes = bytes;
  }

  boolean whole() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
    };
  }
}
