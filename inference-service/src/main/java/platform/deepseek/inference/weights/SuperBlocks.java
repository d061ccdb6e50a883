package platform.deepseek.inference.weights;

/**
 * ggml's "K" blocks: 256 values in groups of 32 (Q4_K, Q5_K) or 16 (Q6_K), each group with a small
 * integer scale (and minimum) that the block's float16 scale multiplies.
 */
final class SuperBlocks {

  private SuperBlocks() {}

  /** Scale and minimum (float16), 12 bytes of group scales and minima, 128 bytes of nibbles. */
  static void q4(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q4_K.blockBytes;
      float scale = Blocks.half(source, at);
      float minimum = Blocks.half(source, at + 2);
      for (int group = 0; group < 8; group++) {
        float d = scale * groupScale(source, at + 4, group);
        float m = minimum * groupMinimum(source, at + 4, group);
        int nibbles = at + 16 + (group >> 1) * 32;
        int shift = (group & 1) * 4;
        int out = to + block * 256 + group * 32;
        for (int i = 0; i < 32; i++) {
          target[out + i] = d * (source[nibbles + i] >> shift & 0xF) - m;
        }
      }
    }
  }

  /** As Q4_K, with 32 bytes of fifth bits before the nibbles: bit g of byte i is group g's. */
  static void q5(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q5_K.blockBytes;
      float scale = Blocks.half(source, at);
      float minimum = Blocks.half(source, at + 2);
      int fifths = at + 16;
      for (int group = 0; group < 8; group++) {
        float d = scale * groupScale(source, at + 4, group);
        float m = minimum * groupMinimum(source, at + 4, group);
        int nibbles = at + 48 + (group >> 1) * 32;
        int shift = (group & 1) * 4;
        int out = to + block * 256 + group * 32;
        for (int i = 0; i < 32; i++) {
          int q = source[nibbles + i] >> shift & 0xF | (source[fifths + i] >> group & 1) << 4;
          target[out + i] = d * q - m;
        }
      }
    }
  }

  /** 128 bytes of low nibbles, 64 of upper bit pairs, 16 signed group scales, one float16 scale. */
  static void q6(byte[] source, int blocks, float[] target, int to) {
    for (int block = 0; block < blocks; block++) {
      int at = block * DType.Q6_K.blockBytes;
      float scale = Blocks.half(source, at + 208);
      for (int part = 0; part < 8; part++) {
        // Four parts of 32 values make a half: nibbles of bytes 0-31 low, 32-63 low, then high.
        int half = part >> 2;
        int quarter = part & 3;
        int low = at + half * 64 + (quarter & 1) * 32;
        int lowShift = (quarter >> 1) * 4;
        int high = at + 128 + half * 32;
        int highShift = quarter * 2;
        int scales = at + 192 + part * 2;
        float first = scale * source[scales];
        float second = scale * source[scales + 1];
        int out = to + block * 256 + part * 32;
        for (int i = 0; i < 32; i++) {
          int q = source[low + i] >> lowShift & 0xF | (source[high + i] >> highShift & 3) << 4;
          target[out + i] = (i < 16 ? first : second) * (q - 32);
        }
      }
    }
  }

  /** Six bits: groups 0-3 whole in bytes 0-3; 4-7 low in bytes 8-11, high two in bytes 0-3. */
  private static int groupScale(byte[] source, int at, int group) {
    return group < 4
        ? source[at + group] & 63
        : source[at + group + 4] & 0xF | (source[at + group - 4] >> 6 & 3) << 4;
  }

  /** Six bits: groups 0-3 whole in bytes 4-7; 4-7 high nibbles of 8-11, high two in 4-7. */
  private static int groupMinimum(byte[] source, int at, int group) {
    return group < 4
        ? source[at + group + 4] & 63
        : source[at + group + 4] >> 4 & 0xF | (source[at + group] >> 6 & 3) << 4;
  }
}
