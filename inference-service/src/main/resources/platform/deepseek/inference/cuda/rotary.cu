// From the fused product of queries, keys and values to turned queries and a longer cache, in one pass: optional bias,
// optional RMS norm of each head of queries and keys, rotation of channel i with channel i + headDim / 2, and keys and
// values to their place in the cache (see attention.cu for its addresses). All arithmetic in float32.
//
// A lane takes eight channels of the lower half of a head and the eight that turn with them; ceil to a power of two of
// headDim / 16 neighbouring lanes make a head, so that the sum of a norm stays within a warp.
// Grid: rows, ceil((heads + 2 * kvHeads) * lanes of a head / threads); threads: a multiple of 32.
#include "element.cuh"

__device__ __forceinline__ void addBias(float (&low)[8], float (&high)[8], const float* bias, int half) {
#pragma unroll
  for (int i = 0; i < 8; i += 4) {
    float4 a = *(const float4*)(bias + i);
    float4 b = *(const float4*)(bias + half + i);
    low[i] += a.x, low[i + 1] += a.y, low[i + 2] += a.z, low[i + 3] += a.w;
    high[i] += b.x, high[i + 1] += b.y, high[i + 2] += b.z, high[i + 3] += b.w;
  }
}

extern "C" __global__ void rotary_append(
    Element* queries, const Element* qkv, const float* bias, const float* queryNorm, const float* keyNorm, double epsilon,
    const float* cosines, const float* sines, char* cache, long long slotStride, long long tileStride, long long layer,
    const int* slots, const int* positions, long long heads, long long kvHeads, long long headDim, long long rows) {
  int half = (int)headDim / 2;
  int parts = half / 8;
  int lanesLog = 32 - __clz(parts - 1);
  int item = blockIdx.y * blockDim.x + threadIdx.x;
  int head = item >> lanesLog;
  int at = (item & ((1 << lanesLog) - 1)) * 8;
  int keyHead = head - (int)heads;
  int valueHead = keyHead - (int)kvHeads;
  bool present = at < half && valueHead < (int)kvHeads;
  long long row = blockIdx.x;
  int position = positions[row];

  float low[8];
  float high[8];
  float squares = 0.0f;
  if (present) {
    const Element* from = qkv + ((heads + 2 * kvHeads) * row + head) * headDim + at;
    toFloats(loadEight(from), low);
    toFloats(loadEight(from + half), high);
    if (bias != nullptr) {
      addBias(low, high, bias + head * (int)headDim + at, half);
    }
#pragma unroll
    for (int i = 0; i < 8; i++) {
      squares += low[i] * low[i] + high[i] * high[i];
    }
  }
  const float* norm = keyHead < 0 ? queryNorm : keyNorm;
  if (queryNorm != nullptr || keyNorm != nullptr) {
    for (int distance = 1 << lanesLog >> 1; distance > 0; distance >>= 1) {
      squares += __shfl_xor_sync(0xffffffffu, squares, distance);
    }
  }
  if (!present) {
    return;
  }
  if (valueHead < 0) {
    if (norm != nullptr) {
      float factor = rsqrtf(squares / (float)headDim + (float)epsilon);
#pragma unroll
      for (int i = 0; i < 8; i++) {
        low[i] *= factor * norm[at + i];
        high[i] *= factor * norm[half + at + i];
      }
    }
#pragma unroll
    for (int i = 0; i < 8; i += 4) {
      float4 cosine = *(const float4*)(cosines + (long long)position * half + at + i);
      float4 sine = *(const float4*)(sines + (long long)position * half + at + i);
      float c[4] = {cosine.x, cosine.y, cosine.z, cosine.w};
      float s[4] = {sine.x, sine.y, sine.z, sine.w};
#pragma unroll
      for (int j = 0; j < 4; j++) {
        float x = low[i + j];
        float y = high[i + j];
        low[i + j] = x * c[j] - y * s[j];
        high[i + j] = y * c[j] + x * s[j];
      }
    }
  }
  Element* to;
  if (keyHead < 0) {
    to = queries + (heads * row + head) * headDim + at;
  } else {
    long long stored = valueHead < 0 ? layer * 2 * kvHeads + keyHead : (layer * 2 + 1) * kvHeads + valueHead;
    to = (Element*)(cache + slots[row] * slotStride + (position >> 4) * tileStride)
        + (stored * 16 + (position & 15)) * headDim + at;
  }
  storeEight(to, toEight(low));
  storeEight(to + half, toEight(high));
}
