// Around attention over latents (DeepSeek-V2, arXiv 2405.04434), whose products are in between: queries are taken
// apart, a token's latent is normed and goes to the cache with the turned part of its key, and results of all heads are
// put side by side. All arithmetic in float32. A cached vector is [latent of `rank`, turned key of `rotary`]; that of
// slot s, position p, layer l lies at (KvLayout)
// s * slotStride + p / 16 * tileStride + (l * 16 + p % 16) * (rank + rotary) * 2 bytes.
#include "element.cuh"

__device__ __forceinline__ float sumOfBlock(float value) {
  __shared__ float sums[4];
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, distance);
  }
  if (threadIdx.x % 32 == 0) {
    sums[threadIdx.x / 32] = value;
  }
  __syncthreads();
  return sums[0] + sums[1] + sums[2] + sums[3];
}

// Turns channel i with channel i + rotary / 2.
__device__ __forceinline__ void turn(
    Element* to, const Element* from, const float* cosines, const float* sines, int position, int rotary) {
  int half = rotary / 2;
  for (int i = threadIdx.x; i < half; i += blockDim.x) {
    float c = cosines[(long long)position * half + i];
    float s = sines[(long long)position * half + i];
    float x = toFloat(from[i]);
    float y = toFloat(from[half + i]);
    to[i] = toElement(x * c - y * s);
    to[half + i] = toElement(y * c + x * s);
  }
}

// contents [heads][rows][content] and turned [rows][heads][rotary] are the parts of q [rows][heads][content + rotary];
// kv [rows][rank + rotary] is the latent before its norm with factors gamma [rank], and the key's part before its turn.
// Grid: rows, heads + 1; 128 threads.
extern "C" __global__ void __launch_bounds__(128) latent_append(
    Element* contents, Element* turned, const Element* q, const Element* kv, const float* gamma, double epsilon,
    const float* cosines, const float* sines, char* cache, long long slotStride, long long tileStride, long long layer,
    const int* slots, const int* positions, long long heads, long long content, long long rotary, long long rank,
    long long rows) {
  long long row = blockIdx.x;
  int head = blockIdx.y;
  int position = positions[row];
  if (head < heads) {
    const Element* from = q + (row * heads + head) * (content + rotary);
    Element* to = contents + (head * rows + row) * content;
    for (int i = threadIdx.x; i < content; i += blockDim.x) {
      to[i] = from[i];
    }
    turn(turned + (row * heads + head) * rotary, from + content, cosines, sines, position, (int)rotary);
    return;
  }
  const Element* from = kv + row * (rank + rotary);
  Element* to = (Element*)(cache + slots[row] * slotStride + (position >> 4) * tileStride)
      + (layer * 16 + (position & 15)) * (rank + rotary);
  float squares = 0.0f;
  for (int i = threadIdx.x; i < rank; i += blockDim.x) {
    float x = toFloat(from[i]);
    squares += x * x;
  }
  float factor = rsqrtf(sumOfBlock(squares) / (float)rank + (float)epsilon);
  for (int i = threadIdx.x; i < rank; i += blockDim.x) {
    to[i] = toElement(toFloat(from[i]) * factor * gamma[i]);
  }
  turn(to + rank, from + rank, cosines, sines, position, (int)rotary);
}

// out[row] = rmsnorm(x[row]) * gamma. Grid: rows; 128 threads.
extern "C" __global__ void __launch_bounds__(128) row_norm(
    Element* out, const Element* x, const float* gamma, double epsilon, long long width, long long rows) {
  long long start = blockIdx.x * width;
  float squares = 0.0f;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    float value = toFloat(x[start + i]);
    squares += value * value;
  }
  float factor = rsqrtf(sumOfBlock(squares) / (float)width + (float)epsilon);
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    out[start + i] = toElement(toFloat(x[start + i]) * factor * gamma[i]);
  }
}

// out [rows][heads][width] = x [heads][rows][width]. Grid: rows, heads; 128 threads.
extern "C" __global__ void __launch_bounds__(128) join_heads(
    Element* out, const Element* x, long long width, long long heads, long long rows) {
  long long row = blockIdx.x;
  long long head = blockIdx.y;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    out[(row * heads + head) * width + i] = x[(head * rows + row) * width + i];
  }
}
