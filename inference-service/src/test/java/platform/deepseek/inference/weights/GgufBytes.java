package platform.deepseek.inference.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes GGUF files value by value, right or wrong. */
final class GgufBytes {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Magic, version 3 and the two counts. */
  static GgufBytes header(long tensors, long pairs) {
    return new GgufBytes()
        .raw("GGUF".getBytes(StandardCharsets.US_ASCII))
        .u32(3)
        .u64(tensors)
        .u64(pairs);
  }

  GgufBytes u32(long value) {
    return raw(buffer(4).putInt((int) value).array());
  }

  GgufBytes u64(long value) {
    return raw(buffer(8).putLong(value).array());
  }

  GgufBytes text(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return u64(bytes.length).raw(bytes);
  }

  /** A metadata key and the number of its value's type. */
  GgufBytes key(String name, int type) {
    return text(name).u32(type);
  }

  /** A tensor description; dimensions innermost first, as in the file. */
  GgufBytes tensor(String name, int type, long offset, long... dimensions) {
    text(name).u32(dimensions.length);
    for (long dimension : dimensions) {
      u64(dimension);
    }
    return u32(type).u64(offset);
  }

  GgufBytes raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** Padding to the data section, then so many bytes of data. */
  byte[] withData(int bytes) {
    raw(new byte[-out.size() & 31]);
    return raw(new byte[bytes]).toBytes();
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
