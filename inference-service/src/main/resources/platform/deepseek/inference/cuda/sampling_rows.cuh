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

constexpr int GROUP = 8;              // neighbours that are read at once
constexpr int UNROLLED = 4;           // loads that a thread has in flight
constexpr int MOST_TOP = 20;          // alternatives of a record
constexpr float LARGEST = 3.40282347e+38f;

// What is done with one row of logits. DeviceSampler packs these 96 bytes.
enum Flag {
  GREEDY = 1,      // temperature 0: the largest
  ADJUSTED = 2,    // penalties, biases or a mask: the changed row is written down
  MASKED = 4,
  TOP_K = 8        // topK limits the count
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
  int record;          // where its log-probabilities are told, or -1
  int adjusted;        // the changed row
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

// The chosen token's log-probability in the model's own distribution, and the likeliest tokens.
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

// A row as the model wrote it, or as it was changed. Groups are aligned in memory, so the first and
// the last one may reach beyond the row; what is not of the row comes as NaN, which nobody chooses.
struct Row {
  const __half* halves;
  int size;

  __device__ float at(int token) const {
    return clean(__half2float(halves[token]));
  }

  // Elements of the first group that are before the row.
  __device__ int skew() const {
    return (int)((size_t)halves & 15) / 2;
  }

  __device__ int groups() const {
    return (skew() + size + GROUP - 1) / GROUP;
  }

  __device__ int firstOf(int group) const {
    return group * GROUP - skew();
  }

  // A group that neither is the first nor the last.
  __device__ uint4 inner(int group) const {
    return __ldg((const uint4*)(halves - skew()) + group);
  }

  __device__ uint4 edge(int group) const {
    return read(halves, size, firstOf(group));
  }

  __device__ uint4 group(int group) const {
    return group > 0 && group < groups() - 1 ? inner(group) : edge(group);
  }

 private:
  // By value, so that no row has to lie in memory.
  __device__ static __noinline__ uint4 read(const __half* halves, int size, int first) {
    u32 words[GROUP / 2];
#pragma unroll
    for (int i = 0; i < GROUP; i += 2) {
      words[i / 2] = bits(halves, size, first + i) | bits(halves, size, first + i + 1) << 16;
    }
    return make_uint4(words[0], words[1], words[2], words[3]);
  }

  __device__ static u32 bits(const __half* halves, int size, int token) {
    return token < 0 || token >= size ? 0x7FFFu : (u32)__half_as_ushort(halves[token]);
  }
};

__device__ inline Row modelRow(const View& view, const __half* logits, int vocabulary) {
  return {logits + (long long)view.row * vocabulary, vocabulary};
}

__device__ inline __half* changedRow(const View& view, __half* adjusted, int vocabulary) {
  return adjusted + (long long)view.adjusted * ((vocabulary + GROUP - 1) / GROUP * GROUP);
}

// The largest of eight halves; a number wins against NaN.
__device__ inline __half2 largestOf(uint4 eight) {
  const __half2* pairs = (const __half2*)&eight;
  return __hmax2(__hmax2(pairs[0], pairs[1]), __hmax2(pairs[2], pairs[3]));
}

__device__ inline int firstAllowed(const View& view, const int* side) {
  int token = 0;
  if (view.flags & MASKED) {
    const u32* words = (const u32*)side + view.mask;
    while (!(words[token / 32] >> token % 32 & 1)) {
      token++;
    }
  }
  return token;
}

// exp((x - largest) / temperature), as sampling/Distribution has it.
struct Weight {
  float largest;
  float temperature;
  float reciprocal;   // 0: not precise enough
  double inverse;

  __device__ Weight(float largest, float temperature)
      : largest(largest), temperature(temperature),
        reciprocal(temperature > 1e-6f && temperature < 1e6f ? __frcp_rn(temperature) : 0.0f),
        inverse(1 / (double)temperature) {}

  __device__ float operator()(float logit) const {
    float x = __fadd_rn(logit, -largest);
    return exponential(reciprocal != 0.0f ? quick(x) : wide(x));
  }

  // A quotient and its correction: rounded as the division is.
  __device__ float quick(float x) const {
    float quotient = __fmul_rn(x, reciprocal);
    return __fmaf_rn(__fmaf_rn(-quotient, temperature, x), reciprocal, quotient);
  }

  // A quotient of two floats is never so near the middle of two others that a double misses the side.
  __device__ float wide(float x) const {
    return __double2float_rn((double)x * inverse);
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
