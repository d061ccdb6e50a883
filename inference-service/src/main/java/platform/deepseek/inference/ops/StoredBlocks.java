package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Tensor;

/** Reads ggml's quantised rows as the integers, scales and minima they are made of. */
final class StoredBlocks {

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private StoredBlocks() {}

  /**
   * Copies a row whose blocks lie in the file as they do in a panel, but for the order of words:
   * most of a quantised model, and several times quicker than taking the values apart. Whether it
   * was such a row.
   */
  static boolean copy(
      BlockMatrix matrix, Tensor tensor, long sourceRow, int column, MemorySegment panel) {
    MemorySegment data = tensor.data();
    DType type = tensor.dtype();
    long from = sourceRow * type.bytes(matrix.inputs());
    long to = 0;
    boolean int4 = matrix.format() == BlockFormat.INT4;
    boolean same = int4 ? type == DType.Q4_0 || type == DType.Q4_1 : type == DType.Q8_0;
    for (int block = 0; same && block < matrix.blocks(); block++) {
      float scale = half(data, from);
      if (int4) {
        float minimum = type == DType.Q4_1 ? half(data, from + 2) : -8 * scale;
        long nibbles = from + type.blockBytes - 16;
        for (int s = 0; s < 4; s++) {
          panel.set(INT, to + 32 * s + 4 * column, data.get(INT, nibbles + 4 * s));
        }
        panel.set(FLOAT, to + 128 + 4 * column, scale);
        panel.set(FLOAT, to + 160 + 4 * column, minimum);
      } else {
        for (int pair = 0; pair < 16; pair++) {
          panel.set(SHORT, to + 16 * pair + 2 * column, data.get(SHORT, from + 2 + 2 * pair));
        }
        panel.set(FLOAT, to + 256 + 4 * column, scale);
      }
      from += type.blockBytes;
      to += matrix.format().weightBytes;
    }
    return same;
  }

  /** Whether the type is scale * q + minimum with q in 0..15; if so the row is filled. */
  static boolean readInt4(Tensor tensor, long sourceRow, QuantizedRow row) {
    MemorySegment data = tensor.data();
    long at = sourceRow * tensor.dtype().bytes(row.q().length);
    switch (tensor.dtype()) {
      case Q4_0 -> {
        for (int block = 0; block < row.scales().length; block++, at += 18) {
          row.scales()[block] = half(data, at);
          row.minima()[block] = -8 * row.scales()[block];
          nibbles(data, at + 2, row.q(), block * 32);
        }
        return true;
      }
      case Q4_1 -> {
        for (int block = 0; block < row.scales().length; block++, at += 20) {
          row.scales()[block] = half(data, at);
          row.minima()[block] = half(data, at + 2);
          nibbles(data, at + 4, row.q(), block * 32);
        }
        return true;
      }
      case Q4_K -> {
        for (int block = 0; block < row.scales().length; block += 8, at += 144) {
          superBlock(data, at, row, block);
        }
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  /** Whether the type is scale * q with q in -127..127; if so the row is filled. */
  static boolean readInt8(Tensor tensor, long sourceRow, QuantizedRow row) {
    MemorySegment data = tensor.data();
    long at = sourceRow * tensor.dtype().bytes(row.q().length);
    switch (tensor.dtype()) {
      case Q8_0 -> {
        for (int block = 0; block < row.scales().length; block++, at += 34) {
          row.scales()[block] = half(data, at);
          MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at + 2, row.q(), block * 32, 32);
        }
        return true;
      }
      case Q4_0 -> {
        for (int block = 0; block < row.scales().length; block++, at += 18) {
          row.scales()[block] = half(data, at);
          nibbles(data, at + 2, row.q(), block * 32);
          for (int i = 0; i < 32; i++) {
            row.q()[block * 32 + i] -= (byte) 8;
          }
        }
        return true;
      }
      case Q5_0 -> {
        for (int block = 0; block < row.scales().length; block++, at += 22) {
          row.scales()[block] = half(data, at);
          int fifths = data.get(INT, at + 2);
          nibbles(data, at + 6, row.q(), block * 32);
          for (int i = 0; i < 32; i++) {
            row.q()[block * 32 + i] += (byte) ((fifths >>> i & 1) * 16 - 16);
          }
        }
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  /** 256 values: eight pairs of 6-bit scale and minimum, times two halves (ggml's block_q4_K). */
  private static void superBlock(MemorySegment data, long at, QuantizedRow row, int block) {
    float scale = half(data, at);
    float minimum = half(data, at + 2);
    for (int j = 0; j < 8; j++) {
      int s;
      int m;
      if (j < 4) {
        s = octet(data, at + 4 + j) & 63;
        m = octet(data, at + 8 + j) & 63;
      } else {
        s = octet(data, at + 8 + j) & 15 | octet(data, at + j) >> 6 << 4;
        m = octet(data, at + 8 + j) >> 4 | octet(data, at + 4 + j) >> 6 << 4;
      }
      row.scales()[block + j] = scale * s;
      row.minima()[block + j] = -(minimum * m);
      for (int i = 0; i < 32; i++) {
        int pair = octet(data, at + 16 + 32 * (j / 2) + i);
        row.q()[(block + j) * 32 + i] = (byte) (j % 2 == 0 ? pair & 15 : pair >> 4);
      }
    }
  }

  private static void nibbles(MemorySegment data, long at, byte[] target, int offset) {
    for (int i = 0; i < 16; i++) {
      int pair = octet(data, at + i);
      target[offset + i] = (byte) (pair & 15);
      target[offset + 16 + i] = (byte) (pair >> 4);
    }
  }

  private static int octet(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
  }

  private static float half(MemorySegment data, long at) {
    return Float.float16ToFloat(data.get(SHORT, at));
  }
}
