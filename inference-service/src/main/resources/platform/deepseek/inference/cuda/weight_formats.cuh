// How weights lie, and how a lane makes elements of the 16 bytes that it reads of them in a step. A step
// is 64 bytes of a row whatever the format. Quantised weights have blocks of 32 inputs, each with a
// float16 scale and, in four bits, a float16 minimum: y = scale * q + minimum, rounded once.
#pragma once

#include "element.cuh"

namespace {

__device__ __forceinline__ __half halfOf(unsigned word, int which) {
  return __ushort_as_half(static_cast<unsigned short>(which ? word >> 16 : word));
}

__device__ __forceinline__ __half2 halvesOf(unsigned word) {
  return *reinterpret_cast<const __half2*>(&word);
}

__device__ __forceinline__ unsigned wordOf(__half2 pair) {
  return *reinterpret_cast<const unsigned*>(&pair);
}

// Elements as published.
struct Published {
  static constexpr int STEP = 32;      // inputs of a step
  static constexpr int CHUNKS = 1;     // eights of inputs that a lane has in a step
  static constexpr int ROW_BITS = 16;  // of an input
  static constexpr bool SCALED = false;
  static constexpr bool OFFSET = false;

  static __device__ __forceinline__ void unpack(
      unsigned* pairs, uint4 raw, unsigned scales, unsigned minimums, int t) {
    pairs[0] = raw.x;
    pairs[1] = raw.y;
    pairs[2] = raw.z;
    pairs[3] = raw.w;
  }
};

// Signed bytes, in the order of the inputs. A lane has half a block.
struct EightBits {
  static constexpr int STEP = 64;
  static constexpr int CHUNKS = 2;
  static constexpr int ROW_BITS = 8;
  static constexpr bool SCALED = true;
  static constexpr bool OFFSET = false;

  static __device__ __forceinline__ void unpack(
      unsigned* pairs, uint4 raw, unsigned scales, unsigned minimums, int t) {
    unsigned words[4] = {raw.x, raw.y, raw.z, raw.w};
    __half half = halfOf(scales, t / 2);
#if defined(ELEMENT_BF16)
    float scale = __half2float(half);
    float zero = -(32768.0f + 128.0f) * scale;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      unsigned word = words[i] ^ 0x80808080u;
      float values[4];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        // The float32 32,768 + byte.
        values[j] = fmaf(__uint_as_float(__byte_perm(word, 0x47, 0x4505 | j << 4)), scale, zero);
      }
      pairs[2 * i] = toWord(values[0], values[1]);
      pairs[2 * i + 1] = toWord(values[2], values[3]);
    }
#else
    __half2 scale = __half2half2(half);
    __half2 zero = __float2half2_rn(1024.0f + 128.0f);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      unsigned word = words[i] ^ 0x80808080u;
      // The float16 1,024 + byte.
      pairs[2 * i] =
          wordOf(__hmul2(__hsub2(halvesOf(__byte_perm(word, 0x64646464, 0x4140)), zero), scale));
      pairs[2 * i + 1] =
          wordOf(__hmul2(__hsub2(halvesOf(__byte_perm(word, 0x64646464, 0x4342)), zero), scale));
    }
#endif
  }
};

// Nibbles: byte i of a block's 16 holds input i in its low half and input 16 + i in its high one, as
// in GGUF's Q4_1. A lane has a block.
struct FourBits {
  static constexpr int STEP = 128;
  static constexpr int CHUNKS = 4;
  static constexpr int ROW_BITS = 4;
  static constexpr bool SCALED = true;
  static constexpr bool OFFSET = true;

  static __device__ __forceinline__ void unpack(
      unsigned* pairs, uint4 raw, unsigned scales, unsigned minimums, int t) {
    unsigned words[4] = {raw.x, raw.y, raw.z, raw.w};
#if defined(ELEMENT_BF16)
    float scale = __half2float(halfOf(scales, t % 2));
    float zero = __half2float(halfOf(minimums, t % 2)) - 128.0f * scale;
#else
    __half2 scale = __half2half2(halfOf(scales, t % 2));
    __half2 minimum = __half2half2(halfOf(minimums, t % 2));
    __half2 zero = __float2half2_rn(1024.0f);
#endif
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
      for (int high = 0; high < 2; high++) {
        unsigned nibbles = words[i] >> 4 * high & 0x0F0F0F0Fu;
#pragma unroll
        for (int j = 0; j < 2; j++) {
          unsigned order = j == 0 ? 0x4140 : 0x4342;
          unsigned& pair = pairs[8 * high + 2 * i + j];
#if defined(ELEMENT_BF16)
          // Two bfloat16 128 + nibble, each the upper half of a float32.
          unsigned two = __byte_perm(nibbles, 0x43434343, order);
          pair = toWord(
              fmaf(__uint_as_float(two << 16), scale, zero),
              fmaf(__uint_as_float(two & 0xFFFF0000u), scale, zero));
#else
          // Two float16 1,024 + nibble.
          __half2 two = halvesOf(__byte_perm(nibbles, 0x64646464, order));
          pair = wordOf(__hfma2(__hsub2(two, zero), scale, minimum));
#endif
        }
      }
    }
  }
};

}  // namespace
