package platform.deepseek.inference.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/** Writes model.safetensors with random float16 numbers: norms near 1, everything else near 0. */
final class RandomWeights {

  private static final double DEVIATION = 0.02;
  private static final int LARGEST_PATTERN = 32 << 20;
  private static final int SMALLEST_PATTERN = 1 << 20;

  /** Bytes by which the numbers of one tensor begin later than those of the one before. */
  private static final int SHIFT = 4099 * Short.BYTES;

  private RandomWeights() {}

  /**
   * @param tensors shapes by name, in the order of the file
   */
  static void write(Path folder, Map<String, long[]> tensors) throws IOException {
    StringBuilder header = new StringBuilder("{");
    long offset = 0;
    for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
      long end = offset + bytes(tensor.getValue());
      header.append(
          "%s\"%s\":{\"dtype\":\"F16\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  offset == 0 ? "" : ",",
                  tensor.getKey(),
                  Arrays.toString(tensor.getValue()),
                  offset,
                  end));
      offset = end;
    }
    header.append('}');
    while (header.length() % 8 != 0) {
      header.append(' ');
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    int patternBytes = (int) Math.clamp(offset, SMALLEST_PATTERN, LARGEST_PATTERN);
    try (FileChannel file =
        FileChannel.open(
            folder.resolve("model.safetensors"),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(file, length.putLong(text.length).flip());
      writeAll(file, ByteBuffer.wrap(text));
      ByteBuffer weights = pattern(patternBytes, 0);
      ByteBuffer norms = pattern(SMALLEST_PATTERN, 1);
      int begin = 0;
      for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
        ByteBuffer source = tensor.getKey().endsWith("norm.weight") ? norms : weights;
        int at = begin % (source.capacity() / 2) & -Short.BYTES;
        for (long left = bytes(tensor.getValue()); left > 0; ) {
          int piece = (int) Math.min(left, source.capacity() - at);
          writeAll(file, source.duplicate().position(at).limit(at + piece));
          left -= piece;
          at = 0;
        }
        begin = (begin + SHIFT) % LARGEST_PATTERN;
      }
    }
  }

  private static long bytes(long[] shape) {
    long bytes = Short.BYTES;
    for (long dimension : shape) {
      bytes *= dimension;
    }
    return bytes;
  }

  private static ByteBuffer pattern(int bytes, double mean) {
    Random random = new Random(7);
    ByteBuffer pattern =
        ByteBuffer.allocateDirect(bytes & -Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (pattern.hasRemaining()) {
      pattern.putShort(Float.floatToFloat16((float) (mean + DEVIATION * random.nextGaussian())));
    }
    return pattern.flip();
  }

  private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }
}
