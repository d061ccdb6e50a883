package platform.deepseek.inference.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes whole GGUF files: metadata and tensors in the order in which they are given. */
public final class GgufWriter {

  private static final int ALIGNMENT = 32;
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final GgufBytes pairs = new GgufBytes();
  private final GgufBytes descriptions = new GgufBytes();
  private final GgufBytes data = new GgufBytes();
  private int pairCount;
  private int tensorCount;

  public GgufWriter text(String key, String value) {
    key(key, STRING).text(value);
    return this;
  }

  public GgufWriter integer(String key, long value) {
    key(key, UINT32).u32(value);
    return this;
  }

  public GgufWriter real(String key, double value) {
    key(key, FLOAT32).u32(Float.floatToRawIntBits((float) value));
    return this;
  }

  public GgufWriter flag(String key, boolean value) {
    key(key, BOOL).raw((byte) (value ? 1 : 0));
    return this;
  }

  public GgufWriter texts(String key, List<String> values) {
    key(key, ARRAY).u32(STRING).u64(values.size());
    values.forEach(pairs::text);
    return this;
  }

  public GgufWriter integers(String key, int... values) {
    key(key, ARRAY).u32(INT32).u64(values.length);
    for (int value : values) {
      pairs.u32(value);
    }
    return this;
  }

  /**
   * A tensor of any numbers.
   *
   * @param shape outermost dimension first
   * @param type a type that {@link GgufBlocks} makes
   */
  public GgufWriter tensor(String name, DType type, float[] values, long... shape) {
    long[] innermostFirst = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      innermostFirst[i] = shape[shape.length - 1 - i];
    }
    descriptions.tensor(name, GgufBlocks.number(type), data.toBytes().length, innermostFirst);
    byte[] bytes = GgufBlocks.encode(type, values);
    data.raw(bytes).raw(new byte[-bytes.length & ALIGNMENT - 1]);
    tensorCount++;
    return this;
  }

  public void write(Path file) throws IOException {
    GgufBytes all = GgufBytes.header(tensorCount, pairCount);
    all.raw(pairs.toBytes()).raw(descriptions.toBytes());
    int header = all.toBytes().length;
    all.raw(new byte[-header & ALIGNMENT - 1]).raw(data.toBytes());
    Files.write(file, all.toBytes());
  }

  private GgufBytes key(String name, int type) {
    pairCount++;
    return pairs.key(name, type);
  }
}
