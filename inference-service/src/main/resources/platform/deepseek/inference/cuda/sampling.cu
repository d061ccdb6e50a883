// Chooses the next token of many rows of fp16 logits, as package sampling does on the processor:
// log-probabilities of the model's own distribution; penalties, biases, mask; temperature, top-k,
// top-p, min-p; one draw in the order of ids. Results do not depend on how many blocks share a row.
//
//   sampling_scan    one pass: the largest logit of each view and, where asked, of every group of
//                    eight neighbours. Greedy rows are done then, and need no other kernel.
//   sampling_weigh   a second pass, only for rows that need the sum of all weights: sums of blocks of
//                    1024, added in the very order in which sampling/Distribution adds them.
//   sampling_choose  a block per row: the likeliest tokens are found through the largest of groups,
//                    which are an eighth of the row, and only their groups are read again.
//
// Reading a row once takes the memory's time, and weights take about 25 instructions each because
// they are the processor's, bit for bit. That costs some microseconds more than the GPU's own
// exponential, and buys draws that are the same on both, in any batch.
//
// Every parameter is 64 bits wide. DeviceSampler launches these kernels and owns the scratch memory:
//   adjusted  [adjusted rows][vocabulary to a multiple of 8] float, logits after penalties and mask
//   maxima    [views][groups to a multiple of 8] half          sums     [views][blocks] double
//   partials  [views][splits] keys                             peaks    [views] keys
//   counters  [views] int, 0 before and after
// A key is the value's order in the high half and the complement of its token in the low half, so
// the largest key is the largest value and the smallest token on a tie; 0 is nothing.

#include "sampling_rows.cuh"
#include "sampling_choice.cuh"

constexpr int SCAN_THREADS = 256;
constexpr int WEIGH_THREADS = 256;
constexpr int UNROLLED = 4;

__device__ inline u64 keyOf(float value, int token) {
  return (u64)ordered(value) << 32 | (u32)~token;
}

// ---- the largest

struct Best {
  float value = -INF;
  int group = -1;

  __device__ void consider(float largest, int at) {
    if (largest > value) {
      value = largest;
      group = at;
    }
  }
};

// The largest of eight halves; a number wins against NaN.
__device__ inline __half largestOf(uint4 eight) {
  const __half2* pairs = (const __half2*)&eight;
  __half2 two = __hmax2(__hmax2(pairs[0], pairs[1]), __hmax2(pairs[2], pairs[3]));
  return __hmax(__low2half(two), __high2half(two));
}

template <bool KEEP>
__device__ Best scanHalves(const __half* halves, int from, int to, __half* maxima) {
  Best best;
  const uint4* groups = (const uint4*)halves;
#pragma unroll 1
  for (int g = from + threadIdx.x; g < to; g += UNROLLED * SCAN_THREADS) {
    uint4 eight[UNROLLED];
#pragma unroll
    for (int u = 0; u < UNROLLED; u++) {
      eight[u] = __ldg(groups + min(g + u * SCAN_THREADS, to - 1));   // the last one again is harmless
    }
#pragma unroll
    for (int u = 0; u < UNROLLED; u++) {
      int at = min(g + u * SCAN_THREADS, to - 1);
      __half largest = largestOf(eight[u]);
      if (KEEP) {
        maxima[at] = largest;
      }
      best.consider(__half2float(largest), at);
    }
  }
  return best;
}

__device__ inline float largestOf(const float (&values)[GROUP]) {
  float largest = values[0];
#pragma unroll
  for (int i = 1; i < GROUP; i++) {
    largest = fmaxf(largest, values[i]);
  }
  return largest;
}

// Rows that are not aligned, the end of a row, and changed rows. A changed maximum is rounded up.
__device__ __noinline__ void scanGroups(
    const Row& row, int from, int to, bool keep, __half* maxima, Best& best) {
#pragma unroll 1
  for (int g = from + threadIdx.x; g < to; g += SCAN_THREADS) {
    float values[GROUP];
    row.group(g * GROUP, values);
    float largest = largestOf(values);
    if (keep) {
      maxima[g] = __float2half_ru(largest);
    }
    best.consider(largest, g);
  }
}

// ---- penalties, biases, mask

struct Mask {
  const u32* words;   // 0: everything is allowed

  __device__ bool allows(int token) const {
    return !words || words[token / 32] >> token % 32 & 1;
  }

  // The bits of a group, which never crosses a word.
  __device__ u32 group(int group) const {
    return words ? words[group / 4] >> group % 4 * GROUP & 0xFFu : 0xFFu;
  }
};

__device__ inline bool hasLists(const View& view) {
  return view.repeatedCount + view.generatedCount + view.biasCount > 0;
}

// A row of which only a mask takes something, and only the largest is wanted, is not written down.
__device__ inline bool isWritten(const View& view) {
  return hasLists(view) || !(view.flags & GREEDY);
}

// Scans groups without what the mask forbids, and writes them down if they are needed later.
__device__ __noinline__ void scanMasked(
    const View& view, const Row& row, const Mask& mask, int from, int to, bool keep,
    __half* maxima, Best& best) {
  Row model = {row.halves, 0, row.size};
  bool written = isWritten(view);
#pragma unroll 1
  for (int g = from + threadIdx.x; g < to; g += SCAN_THREADS) {
    float values[GROUP];
    model.group(g * GROUP, values);
    u32 bits = mask.group(g);
#pragma unroll
    for (int i = 0; i < GROUP; i++) {
      values[i] = bits >> i & 1 ? values[i] : -INF;
    }
    if (written) {
      float4* floats = (float4*)(row.floats + g * GROUP);
      floats[0] = make_float4(values[0], values[1], values[2], values[3]);
      floats[1] = make_float4(values[4], values[5], values[6], values[7]);
    }
    float largest = largestOf(values);
    if (keep) {
      maxima[g] = __float2half_ru(largest);
    }
    best.consider(largest, g);
  }
}

__device__ inline void change(float* floats, int token, float value) {
  floats[token] = clean(value);
}

// Changes tokens of [from, end) that are written down; sampling/Penalties has the same order.
__device__ __noinline__ void adjust(
    const View& view, const Row& row, const int* side, int from, int end) {
  float* floats = (float*)row.floats;
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < view.repeatedCount; i += SCAN_THREADS) {
    int token = side[view.repeated + i];
    if (token >= from && token < end) {
      float logit = floats[token];
      change(floats, token,
             logit > 0 ? __fdiv_rn(logit, view.repetition) : __fmul_rn(logit, view.repetition));
    }
  }
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < view.generatedCount; i += SCAN_THREADS) {
    int token = side[view.generated + 2 * i];
    if (token >= from && token < end) {
      float count = (float)side[view.generated + 2 * i + 1];
      float penalty = __fadd_rn(view.presence, __fmul_rn(view.frequency, count));
      change(floats, token, __fadd_rn(floats[token], -penalty));
    }
  }
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < view.biasCount; i += SCAN_THREADS) {
    int token = side[view.biases + 2 * i];
    if (token >= from && token < end) {
      float bias = __int_as_float(side[view.biases + 2 * i + 1]);
      change(floats, token, __fadd_rn(floats[token], bias));
    }
  }
  __syncthreads();
}

extern "C" __global__ void __launch_bounds__(SCAN_THREADS) sampling_scan(
    const __half* logits, const View* views, const int* side, float* adjusted, __half* maxima,
    u64* partials, u64* peaks, u32* counters, int* tokens, int* last, long long vocabularySize) {
  __shared__ u64 scratch[32];
  __shared__ bool finishes;
  int vocabulary = (int)vocabularySize;
  int splits = gridDim.x;
  int split = blockIdx.x;
  const View& view = views[blockIdx.y];
  Row row = rowOf(view, logits, adjusted, vocabulary);
  int groups = (vocabulary + GROUP - 1) / GROUP;
  int paddedGroups = (groups + 7) / 8 * 8;
  int each = (groups + splits - 1) / splits;
  int from = min(split * each, groups);
  int to = min(from + each, groups);
  __half* largest = maxima + (long long)blockIdx.y * paddedGroups;
  bool keep = view.flags & MAXIMA;

  Best best;
  Mask mask = {view.flags & MASKED ? (const u32*)side + view.mask : 0};
  int whole = from;   // up to here all is done
  if (row.floats) {
    scanMasked(view, row, mask, from, to, keep, largest, best);
    if (hasLists(view)) {
      adjust(view, row, side, from * GROUP, min(to * GROUP, vocabulary));
      best = Best();
    } else {
      whole = to;
    }
  } else if (((size_t)row.halves & 15) == 0) {
    whole = max(from, min(to, vocabulary / GROUP));
    best = keep ? scanHalves<true>(row.halves, from, whole, largest)
                : scanHalves<false>(row.halves, from, whole, largest);
  }
  if (whole < to) {
    scanGroups(row, whole, to, keep, largest, best);
  }
  if (keep && split == splits - 1 && (int)threadIdx.x < paddedGroups - groups) {
    largest[groups + threadIdx.x] = __ushort_as_half(0xFC00);
  }

  u64 key = 0;
  if (best.group >= 0) {
    float wanted = clean(best.value);
    int token = best.group * GROUP;
    if (row.floats && !isWritten(view)) {
      Row model = {row.halves, 0, row.size};
      while (model.at(token) != wanted || !mask.allows(token)) {
        token++;
      }
    } else {
      while (row.at(token) != wanted) {
        token++;
      }
    }
    key = keyOf(wanted, token);
  }
  key = blockMax(key, scratch);
  if (threadIdx.x == 0) {
    partials[(long long)blockIdx.y * splits + split] = key;
    __threadfence();
    // The counter goes back to 0 with the last of the row's blocks.
    finishes = atomicInc(counters + blockIdx.y, splits - 1) == splits - 1;
  }
  __syncthreads();
  if (!finishes) {
    return;
  }
  __threadfence();
  key = 0;
  for (int i = threadIdx.x; i < splits; i += SCAN_THREADS) {
    u64 other = __ldcg(partials + (long long)blockIdx.y * splits + i);
    key = other > key ? other : key;
  }
  key = blockMax(key, scratch);
  if (threadIdx.x == 0) {
    peaks[blockIdx.y] = key;
    if (view.flags & GREEDY) {
      int token = key ? (int)~(u32)key : firstAllowed(view, side);
      tokens[blockIdx.y] = token;
      last[view.slot] = token;
    }
  }
}

// ---- sums

// Sums of blocks of 1024 weights, two blocks of logits for a block of threads. Sixteen lanes each add
// every sixteenth weight in float32, one after the other, and the lanes are added in float64. The
// loops are not unrolled: between two steps the model's weights have swept the caches, and code has
// to come from memory first.
extern "C" __global__ void __launch_bounds__(WEIGH_THREADS, 8) sampling_weigh(
    const __half* logits, const View* views, const float* adjusted, const u64* peaks, double* sums,
    long long vocabularySize) {
  constexpr int PITCH = BLOCK + LANES;   // so that the lanes of two blocks use all banks
  __shared__ __align__(16) float weights[2 * PITCH];
  int vocabulary = (int)vocabularySize;
  const View& view = views[blockIdx.y];
  if (!(view.flags & SUMS)) {
    return;
  }
  int blocks = (vocabulary + BLOCK - 1) / BLOCK;
  u64 peak = peaks[blockIdx.y];
  Row row = rowOf(view, logits, adjusted, vocabulary);
  Weight weight(peak ? unordered((u32)(peak >> 32)) : -INF, view.temperature);
  bool finite = weight.largest < LARGEST;   // then only NaN is left, whose weight is 0
  constexpr int GROUPS = BLOCK / GROUP;
  float* mine = weights + threadIdx.x / GROUPS * PITCH + threadIdx.x % GROUPS * GROUP;
#pragma unroll 1
  for (int pair = blockIdx.x; 2 * pair < blocks; pair += gridDim.x) {
    float values[GROUP];
    int first = (pair * WEIGH_THREADS + threadIdx.x) * GROUP;
    if (finite && row.isVector(first)) {
      row.vector(first, values);
    } else {
      row.group(first, values);
    }
    weight.of(values);
    __syncthreads();
    ((float4*)mine)[0] = make_float4(values[0], values[1], values[2], values[3]);
    ((float4*)mine)[1] = make_float4(values[4], values[5], values[6], values[7]);
    __syncthreads();
    if (threadIdx.x < 2 * LANES) {
      const float* lane = weights + threadIdx.x / LANES * PITCH + threadIdx.x % LANES;
      float sum = 0;
#pragma unroll 16
      for (int i = 0; i < BLOCK; i += LANES) {
        sum = __fadd_rn(sum, lane[i]);
      }
      // One lane after the other.
      double total = 0;
#pragma unroll
      for (int i = 0; i < LANES; i++) {
        total += __shfl_sync(0xFFFFFFFFu, sum, threadIdx.x / LANES * LANES + i);
      }
      int block = 2 * pair + threadIdx.x / LANES;
      if (threadIdx.x % LANES == 0 && block < blocks) {
        sums[(long long)blockIdx.y * blocks + block] = total;
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(THREADS) sampling_choose(
    const __half* logits, const View* views, const int* side, const float* adjusted,
    const __half* maxima, const u64* peaks, const double* sums, int* tokens, Record* records,
    int* last, long long vocabularySize) {
  choose(logits, views, side, adjusted, maxima, peaks, sums, tokens, records, last,
         (int)vocabularySize);
}
