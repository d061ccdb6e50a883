package platform.deepseek.inference.weights;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * ggml's blocks of 32 values with one scale (and one minimum): value = scale * (q - middle), or
 * scale * q + minimum. Low nibbles are the first half of a block, high nibbles the second.
 */
final class Blocks {

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final VectorSpecies<Byte> EIGHT_SHORTS = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> EIGHT_INTS = IntVector.SPECIES_256;

  private static final float[] F8_VALUES = f8Values();

  private Blocks() {}

  static float half(byte[] source, int at) {
    return Float.float16ToFloat((short) SHORTS.get(source, at));
  }

  static void f16(byte[] source, int count, float[] target, int to) {
    for (int i = 0; i < count; i++) {
      target[to + i] = half(source, 2 * i);
    }
  }

  /** Most checkpoints are in this type, and the compiler makes no vectors of the plain loop. */
  static void bf16(byte[] source, int count, float[] target, int to) {
    int whole = EIGHT_INTS.loopBound(count);
    for (int i = 0; i < whole; i += EIGHT_INTS.length()) {
      ShortVector stored = ByteVector.fromArray(EIGHT_SHORTS, source, 2 * i).reinterpretAsShorts();
      ((IntVector) stored.convertShape(VectorOperators.S2I, EIGHT_INTS, 0))
          .lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(target, to + i);
    }
    for (int i = whole; i < count; i++) {
      target[to + i] = Float.intBitsToFloat((short) SHORTS.get(source, 2 * i) << 16);
    }
  }

  static void f8(byte[] source, int count, float[] target, int to) {
    for (int i = 0; i < count; i++) {
      target[to + i] = F8_VALUES[source[i] & 0xFF];
    }
  }

  /** E4M3 without infinities (arXiv 2209.05433): bias 7, and all bits set is not a number. */
  private static float[] f8Values() {
    float[] values = new float[256];
    for (int bits = 0; bits < values.length; bits++) {
      int exponent = bits >> 3 & 15;
      int mantissa = bits & 7;
      float magnitude =
          exponent == 0
              ? Math.scalb((float) mantissa, -9)
              : Math.scalb(8f + mantissa, exponent - 10);
      if ((bits & 127) == 127) {
        magnitude = Float.NaN;
      }
      values[bits] = bits < 128 ? magnitude : -magnitude;
    }
    return values;
  }

  static void q8(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q8_0.blockBytes;
      float scale = half(source, at);
      for (int i = 0; i < 32; i++) {
        target[to + block * 32 + i] = scale * source[at + 2 + i];
      }
    }
  }

  static void q4(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q4_0.blockBytes;
      int out = to + block * 32;
      float scale = half(source, at);
      for (int i = 0; i < 16; i++) {
        int pair = source[at + 2 + i];
        target[out + i] = scale * ((pair & 0xF) - 8);
        target[out + 16 + i] = scale * ((pair >> 4 & 0xF) - 8);
      }
    }
  }

  static void q4WithMinimum(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q4_1.blockBytes;
      int out = to + block * 32;
      float scale = half(source, at);
      float minimum = half(source, at + 2);
      for (int i = 0; i < 16; i++) {
        int pair = source[at + 4 + i];
        target[out + i] = scale * (pair & 0xF) + minimum;
        target[out + 16 + i] = scale * (pair >> 4 & 0xF) + minimum;
      }
    }
  }

  /** The fifth bits of all values stand together, bit i for value i. */
  static void q5(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q5_0.blockBytes;
      int out = to + block * 32;
      float scale = half(source, at);
      int fifth = (int) INTS.get(source, at + 2);
      for (int i = 0; i < 16; i++) {
        int pair = source[at + 6 + i];
        target[out + i] = scale * ((pair & 0xF | (fifth >>> i & 1) << 4) - 16);
        target[out + 16 + i] = scale * ((pair >> 4 & 0xF | (fifth >>> i + 16 & 1) << 4) - 16);
      }
    }
  }

  static void q5WithMinimum(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q5_1.blockBytes;
      int out = to + block * 32;
      float scale = half(source, at);
      float minimum = half(source, at + 2);
      int fifth = (int) INTS.get(source, at + 4);
      for (int i = 0; i < 16; i++) {
        int pair = source[at + 8 + i];
        target[out + i] = scale * (pair & 0xF | (fifth >>> i & 1) << 4) + minimum;
        target[out + 16 + i] = scale * (pair >> 4 & 0xF | (fifth >>> i + 16 & 1) << 4) + minimum;
      }
    }
  }
}
