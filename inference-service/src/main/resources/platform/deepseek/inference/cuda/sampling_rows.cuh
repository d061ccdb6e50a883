// What the sampling kernels share: the packed parameters of a view, rows of logits, the exponential
// that the processor's sampler uses, and sums over a block.
//
// Every float32 operation that decides something is spelled as an intrinsic, so that the compiler
// fuses a multiplication and an addition only where the Java source does (sampling/Distribution,
// sampling/Penalties): the same logits give the same weights bit for bit on both.

#include <cuda_fp16.h>

typedef unsigned int u32;
typedef unsigned long long u64;

#define INF __int_as_float(0x7F800000)

constexpr int THREADS = 512;          // of sampling_choose
constexpr int GROUP = 8;              // neighbours of which the largest is kept
constexpr int BLOCK = 1024;           // logits that are summed together; sampling/LogitRow.BLOCK
constexpr int LANES = 16;             // interleaved parts of such a sum; LogitRow.STRIDE
constexpr int CANDIDATES = 2048;      // tokens that are sorted in shared memory; a power of two
constexpr int FEW = 192;              // the likeliest so many tokens mostly hold the nucleus;
constexpr int MORE = 1400;            // if they do not, so many may,
constexpr int MANY = 4096;            // or so many groups
constexpr int MOST_TOP = 20;          // alternatives of a record
constexpr float LARGEST = 3.40282347e+38f;

// What is done with one row of logits. A row whose log-probabilities are asked for has a second view,
// at temperature 1 and without penalties. DeviceSampler packs these 96 bytes.
enum Flag {
  GREEDY = 1,      // temperature 0: the largest
  ADJUSTED = 2,    // penalties, biases or a mask: the changed logits are written down in float32
  MASKED = 4,
  MAXIMA = 8,      // the largest of each group is wanted, to find the likeliest tokens
  SUMS = 16,       // the sum of all weights is wanted
  TOP_K = 32,      // topK limits the count
  TRUNCATED = 64   // top-k, top-p or min-p
};

struct View {
  int row;
  int flags;
  float temperature;
  int topK;
  float topP;
  float minP;
  float repetition;
  float presence;
  float frequency;
  int position;
  u64 seed;
  int slot;
  int top;             // alternatives to tell
  int logprobs;        // the view of the log-probabilities, or -1
  int adjusted;        // row of changed logits
  int repeated;        // side[repeated ...]: tokens of the prompt and the answer
  int repeatedCount;
  int generated;       // side[generated ...]: pairs of token and count
  int generatedCount;
  int biases;          // side[biases ...]: pairs of token and float
  int biasCount;
  int mask;            // side[mask ...]: bits of the vocabulary
  int unused;
};
static_assert(sizeof(View) == 96, "as DeviceSampler packs it");

struct Record {
  float logprob;
  int count;
  int tokens[MOST_TOP];
  float logprobs[MOST_TOP];
};
static_assert(sizeof(Record) == 168, "as DeviceSampler reads it");

__device__ inline float clean(float x) {
  return x == x ? fminf(x, LARGEST) : -INF;
}

// Larger for a larger float; both zeros are the same.
__device__ inline u32 ordered(float x) {
  u32 bits = __float_as_uint(__fadd_rn(x, 0.0f));
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ inline float unordered(u32 key) {
  return __uint_as_float(key & 0x80000000u ? key & 0x7FFFFFFFu : ~key);
}

__device__ inline u32 orderedHalf(u32 bits) {
  bits = (bits & 0x7FFFu) > 0x7C00u ? 0xFC00u : bits == 0x8000u ? 0u : bits;
  return bits & 0x8000u ? ~bits & 0xFFFFu : bits | 0x8000u;
}

__device__ inline float unorderedHalf(u32 key) {
  u32 bits = key & 0x8000u ? key & 0x7FFFu : ~key & 0xFFFFu;
  return __half2float(__ushort_as_half((unsigned short)bits));
}

// A row as the model wrote it, or with its changes. Values come clean.
struct Row {
  const __half* halves;
  const float* floats;   // 0: not changed
  int size;

  __device__ float at(int token) const {
    return floats ? floats[token] : clean(__half2float(halves[token]));
  }

  // Whether a whole group can be read at once.
  __device__ bool isVector(int first) const {
    return !floats && ((size_t)halves & 15) == 0 && first + GROUP <= size;
  }

  // A whole group as the model wrote it.
  __device__ void vector(int first, float (&values)[GROUP]) const {
    uint4 eight = *(const uint4*)(halves + first);
    const __half2* pairs = (const __half2*)&eight;
#pragma unroll
    for (int i = 0; i < GROUP; i += 2) {
      float2 two = __half22float2(pairs[i / 2]);
      values[i] = two.x;
      values[i + 1] = two.y;
    }
  }

  __device__ void group(int first, float (&values)[GROUP]) const {
    if (isVector(first)) {
      vector(first, values);
#pragma unroll
      for (int i = 0; i < GROUP; i++) {
        values[i] = clean(values[i]);
      }
      return;
    }
#pragma unroll
    for (int i = 0; i < GROUP; i++) {
      values[i] = first + i < size ? at(first + i) : -INF;
    }
  }
};

__device__ inline int paddedToGroups(int vocabulary) {
  return (vocabulary + GROUP - 1) / GROUP * GROUP;
}

__device__ inline Row rowOf(
    const View& view, const __half* logits, const float* adjusted, int vocabulary) {
  Row row;
  row.halves = logits + (long long)view.row * vocabulary;
  row.floats =
      view.flags & ADJUSTED ? adjusted + (long long)view.adjusted * paddedToGroups(vocabulary) : 0;
  row.size = vocabulary;
  return row;
}

// Rarely needed, and long when it is inlined.
__device__ __noinline__ float quotientOf(float x, float y) {
  return __fdiv_rn(x, y);
}

// exp((x - largest) / temperature), as sampling/Distribution has it.
struct Weight {
  float largest;
  float temperature;
  float reciprocal;   // 0: the division must be a real one

  __device__ Weight(float largest, float temperature)
      : largest(largest), temperature(temperature),
        reciprocal(temperature > 1e-6f && temperature < 1e6f ? __frcp_rn(temperature) : 0.0f) {}

  __device__ float operator()(float logit) const {
    float x = __fadd_rn(logit, -largest);
    return exponential(reciprocal != 0.0f ? quick(x) : quotientOf(x, temperature));
  }

  // Logits become weights.
  __device__ void of(float (&values)[GROUP]) const {
#pragma unroll
    for (int i = 0; i < GROUP; i++) {
      values[i] = __fadd_rn(values[i], -largest);
    }
    if (reciprocal != 0.0f) {
#pragma unroll
      for (int i = 0; i < GROUP; i++) {
        values[i] = quick(values[i]);
      }
    } else {
#pragma unroll
      for (int i = 0; i < GROUP; i++) {
        values[i] = quotientOf(values[i], temperature);
      }
    }
#pragma unroll
    for (int i = 0; i < GROUP; i++) {
      values[i] = exponential(values[i]);
    }
  }

  // A quotient and its correction: rounded as the division is.
  __device__ float quick(float x) const {
    float quotient = __fmul_rn(x, reciprocal);
    return __fmaf_rn(__fmaf_rn(-quotient, temperature, x), reciprocal, quotient);
  }

  __device__ static float exponential(float x) {
    bool counts = x >= -87.0f;   // not for NaN, which comes of minus infinity
    x = fmaxf(x, -87.0f);
    float shifted = __fadd_rn(__fmul_rn(x, 1.44269504f), 12582912.0f);
    float n = __fadd_rn(shifted, -12582912.0f);
    float r = __fmaf_rn(-n, 0.693359375f, x);
    r = __fmaf_rn(-n, -2.12194440e-4f, r);
    float p = __fmaf_rn(1.9875691500e-4f, r, 1.3981999507e-3f);
    p = __fmaf_rn(p, r, 8.3334519073e-3f);
    p = __fmaf_rn(p, r, 4.1665795894e-2f);
    p = __fmaf_rn(p, r, 1.6666665459e-1f);
    p = __fmaf_rn(p, r, 5.0000001201e-1f);
    p = __fadd_rn(__fmaf_rn(p, __fmul_rn(r, r), r), 1.0f);
    u32 bits = __float_as_uint(p) + (__float_as_uint(shifted) << 23);
    return counts ? __uint_as_float(bits) : 0.0f;
  }
};

// Philox4x32-10: counter (position, 0, 0, 0), key the seed; 53 bits of the first two words.
__device__ inline double uniformOf(u64 seed, int position) {
  u32 c0 = (u32)position, c1 = 0, c2 = 0, c3 = 0;
  u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
#pragma unroll 1
  for (int round = 0; round < 10; round++) {
    u64 p0 = 0xD2511F53ull * c0;
    u64 p1 = 0xCD9E8D57ull * c2;
    c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
    c1 = (u32)p1;
    c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
    c3 = (u32)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (double)((u64)(c0 >> 5) << 26 | c1 >> 6) * 0x1.0p-53;
}

// ---- over a block; every thread takes part, and the order of additions is fixed

template <typename T>
__device__ inline T warpSum(T value) {
#pragma unroll 1
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xFFFFFFFFu, value, offset);
  }
  return value;
}

__device__ inline u64 warpMax(u64 value) {
#pragma unroll 1
  for (int offset = 16; offset > 0; offset /= 2) {
    u64 other = __shfl_xor_sync(0xFFFFFFFFu, value, offset);
    value = other > value ? other : value;
  }
  return value;
}

// The largest of the block, in its first warp at least; `scratch` has 32 places.
__device__ inline u64 blockMax(u64 value, u64* scratch) {
  value = warpMax(value);
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    scratch[threadIdx.x / 32] = value;
  }
  __syncthreads();
  return warpMax(threadIdx.x % 32 < blockDim.x / 32 ? scratch[threadIdx.x % 32] : 0);
}
