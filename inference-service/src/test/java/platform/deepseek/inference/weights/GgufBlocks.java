package platform.deepseek.inference.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Makes ggml's blocks of numbers, the simple way: what matters in tests is what blocks stand for,
 * not how near that is to the numbers they were made from.
 */
final class GgufBlocks {

  private static final int BLOCK = 32;
  private static final int SUPER_BLOCK = 256;

  private GgufBlocks() {}

  /** In ggml's enumeration. */
  static int number(DType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q8_0 -> 8;
      case Q4_K -> 12;
      case Q6_K -> 14;
      default -> throw new IllegalArgumentException(type + " is not made here");
    };
  }

  static byte[] encode(DType type, float[] values) {
    ByteBuffer out =
        ByteBuffer.allocate((int) type.bytes(values.length)).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < values.length; at += type.blockElements) {
      switch (type) {
        case F32 -> out.putFloat(values[at]);
        case F16 -> out.putShort(Float.floatToFloat16(values[at]));
        case Q4_0 -> nibbles(values, at, out);
        case Q8_0 -> bytes(values, at, out);
        case Q4_K -> superBlock(values, at, out);
        case Q6_K -> sixBits(values, at, out);
        default -> throw new IllegalArgumentException(type + " is not made here");
      }
    }
    return out.array();
  }

  private static void bytes(float[] values, int at, ByteBuffer out) {
    float scale = half(out, largest(values, at, BLOCK) / 127);
    for (int i = 0; i < BLOCK; i++) {
      out.put((byte) rounded(values[at + i], scale, -127, 127));
    }
  }

  private static void nibbles(float[] values, int at, ByteBuffer out) {
    float scale = half(out, largest(values, at, BLOCK) / 7);
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = 8 + rounded(values[at + i], scale, -8, 7);
      int high = 8 + rounded(values[at + BLOCK / 2 + i], scale, -8, 7);
      out.put((byte) (low | high << 4));
    }
  }

  /** Eight blocks of 32 with scales and minimums of 6 bits, all scales of them alike. */
  private static void superBlock(float[] values, int at, ByteBuffer out) {
    float largest = largest(values, at, SUPER_BLOCK);
    int six = 40;
    float scale = half(out, 2 * largest / 15 / six) * six;
    float minimum = half(out, largest / six) * six;
    for (int i = 0; i < 12; i++) {
      // The first eight bytes are scales and minimums of blocks 0 to 3, with high bits of the rest.
      out.put((byte) (i < 8 ? six | six >> 4 << 6 : six & 15 | (six & 15) << 4));
    }
    for (int pair = 0; pair < 4; pair++) {
      for (int i = 0; i < BLOCK; i++) {
        int low = rounded(values[at + pair * 64 + i] + minimum, scale, 0, 15);
        int high = rounded(values[at + pair * 64 + BLOCK + i] + minimum, scale, 0, 15);
        out.put((byte) (low | high << 4));
      }
    }
  }

  /** Sixteen blocks of 16 with scales of 8 bits, all of them alike. */
  private static void sixBits(float[] values, int at, ByteBuffer out) {
    int scaleOfBlock = 100;
    float halfScale =
        Float.float16ToFloat(
            Float.floatToFloat16(largest(values, at, SUPER_BLOCK) / 31 / scaleOfBlock));
    byte[] low = new byte[SUPER_BLOCK / 2];
    byte[] high = new byte[SUPER_BLOCK / 4];
    for (int i = 0; i < SUPER_BLOCK; i++) {
      int q = 32 + rounded(values[at + i], halfScale * scaleOfBlock, -32, 31);
      int within = i % 128;
      int lane = within % 32;
      int quarter = within / 32;
      low[i / 128 * 64 + lane + quarter % 2 * 32] |= (byte) ((q & 15) << quarter / 2 * 4);
      high[i / 128 * 32 + lane] |= (byte) (q >> 4 << 2 * quarter);
    }
    out.put(low).put(high);
    for (int i = 0; i < 16; i++) {
      out.put((byte) scaleOfBlock);
    }
    out.putShort(Float.floatToFloat16(halfScale));
  }

  private static float half(ByteBuffer out, float value) {
    short bits = Float.floatToFloat16(value);
    out.putShort(bits);
    return Float.float16ToFloat(bits);
  }

  private static float largest(float[] values, int at, int count) {
    float largest = 0;
    for (int i = at; i < at + count; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return largest;
  }

  private static int rounded(float value, float scale, int least, int most) {
    return scale == 0 ? 0 : Math.clamp(Math.round(value / scale), least, most);
  }
}
