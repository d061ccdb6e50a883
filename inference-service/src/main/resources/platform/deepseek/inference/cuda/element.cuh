// The element type of activations and weights, chosen when a kernel file is compiled, and its
// conversions. Sums are taken in float32; a result is rounded once, to nearest, ties to even.
#pragma once

#include <cuda_fp16.h>

#if defined(ELEMENT_BF16)
#include <cuda_bf16.h>
typedef __nv_bfloat16 Element;
typedef __nv_bfloat162 ElementPair;
__device__ __forceinline__ float toFloat(Element value) { return __bfloat162float(value); }
__device__ __forceinline__ float2 toFloats(ElementPair pair) { return __bfloat1622float2(pair); }
__device__ __forceinline__ Element toElement(float value) { return __float2bfloat16_rn(value); }
__device__ __forceinline__ ElementPair toElements(float first, float second) {
  return __floats2bfloat162_rn(first, second);
}
#elif defined(ELEMENT_FP16)
typedef __half Element;
typedef __half2 ElementPair;
__device__ __forceinline__ float toFloat(Element value) { return __half2float(value); }
__device__ __forceinline__ float2 toFloats(ElementPair pair) { return __half22float2(pair); }
__device__ __forceinline__ Element toElement(float value) { return __float2half_rn(value); }
__device__ __forceinline__ ElementPair toElements(float first, float second) {
  return __floats2half2_rn(first, second);
}
#else
#error "define ELEMENT_FP16 or ELEMENT_BF16"
#endif

// A pair in a 32-bit word, the first element in the low half, as it lies in memory.
__device__ __forceinline__ float2 toFloats(unsigned int word) {
  return toFloats(*reinterpret_cast<const ElementPair*>(&word));
}
__device__ __forceinline__ unsigned int toWord(float first, float second) {
  ElementPair pair = toElements(first, second);
  return *reinterpret_cast<const unsigned int*>(&pair);
}

// Eight elements in a vector of 16 bytes: what one thread reads or writes at once.
__device__ __forceinline__ void toFloats(uint4 eight, float* values) {
  float2 a = toFloats(eight.x);
  float2 b = toFloats(eight.y);
  float2 c = toFloats(eight.z);
  float2 d = toFloats(eight.w);
  values[0] = a.x;
  values[1] = a.y;
  values[2] = b.x;
  values[3] = b.y;
  values[4] = c.x;
  values[5] = c.y;
  values[6] = d.x;
  values[7] = d.y;
}
__device__ __forceinline__ uint4 toEight(const float* values) {
  return make_uint4(
      toWord(values[0], values[1]), toWord(values[2], values[3]), toWord(values[4], values[5]),
      toWord(values[6], values[7]));
}
__device__ __forceinline__ uint4 loadEight(const Element* from) {
  return *reinterpret_cast<const uint4*>(from);
}
__device__ __forceinline__ void storeEight(Element* to, uint4 eight) {
  *reinterpret_cast<uint4*>(to) = eight;
}
