// The largest logit of greedy rows, and the changed copies of rows that have penalties, biases or a
// mask. Several blocks share a row; the one that ends last chooses.

constexpr int SCAN_THREADS = 256;

// The largest value and its group; the first group of equal ones, because a thread's groups rise.
struct Best {
  float value = -INF;
  int group = -1;

  __device__ void consider(uint4 eight, int at) {
    __half2 two = largestOf(eight);
    float largest = __half2float(__hmax(__low2half(two), __high2half(two)));
    if (largest > value) {
      value = largest;
      group = at;
    }
  }
};

__device__ inline u64 keyOf(float value, int token) {
  return (u64)ordered(value) << 32 | (u32)~token;
}

__device__ Best scanGroups(const Row& row, int from, int to) {
  Best best;
  int inner = min(to, row.groups() - 1);
#pragma unroll 1
  for (int g = max(from, 1) + threadIdx.x; g < inner; g += UNROLLED * SCAN_THREADS) {
    uint4 eight[UNROLLED];
#pragma unroll
    for (int u = 0; u < UNROLLED; u++) {
      eight[u] = row.inner(min(g + u * SCAN_THREADS, inner - 1));   // the last one again is harmless
    }
#pragma unroll
    for (int u = 0; u < UNROLLED; u++) {
      best.consider(eight[u], min(g + u * SCAN_THREADS, inner - 1));
    }
  }
  return best;
}

__device__ inline void scanEdges(const Row& row, int from, int to, Best& best) {
  int last = row.groups() - 1;
  if (threadIdx.x == 0 && from == 0 && to > 0) {
    Best edge;
    edge.consider(row.edge(0), 0);
    best = edge.value >= best.value ? edge : best;
  }
  if (threadIdx.x == 32 && last > 0 && from <= last && last < to) {
    best.consider(row.edge(last), last);
  }
}

// ---- penalties, biases, mask

__device__ inline bool hasLists(const View& view) {
  return view.repeatedCount + view.generatedCount + view.biasCount > 0;
}

// A greedy row that has only a mask is not written down.
__device__ inline bool isWritten(const View& view) {
  return hasLists(view) || !(view.flags & GREEDY);
}

// What the mask forbids becomes minus infinity. A group of the copy never crosses a word of the mask;
// one of the model's row may, when rows are not aligned.
__device__ inline u32 allowedOf(const View& view, const int* side, int first) {
  if (!(view.flags & MASKED)) {
    return 0xFFu;
  }
  return ((const u32*)side)[view.mask + first / 32] >> first % 32 & 0xFFu;
}

__device__ inline uint4 masked(uint4 eight, u32 allowed) {
  u32* words = (u32*)&eight;
#pragma unroll
  for (int i = 0; i < GROUP / 2; i++) {
    u32 low = allowed >> 2 * i & 1 ? words[i] & 0xFFFFu : 0xFC00u;
    u32 high = allowed >> (2 * i + 1) & 1 ? words[i] & 0xFFFF0000u : 0xFC000000u;
    words[i] = low | high;
  }
  return eight;
}

// Eight tokens of the model's row from `first`, a multiple of eight, on.
__device__ inline uint4 eightFrom(const Row& row, int first) {
  if (row.skew() == 0) {
    return row.group(first / GROUP);
  }
  u32 words[GROUP / 2];
#pragma unroll
  for (int i = 0; i < GROUP; i += 2) {
    u32 low = first + i < row.size ? __half_as_ushort(row.halves[first + i]) : 0x7FFFu;
    u32 high = first + i + 1 < row.size ? __half_as_ushort(row.halves[first + i + 1]) : 0x7FFFu;
    words[i / 2] = low | high << 16;
  }
  return make_uint4(words[0], words[1], words[2], words[3]);
}

// Scans eights of tokens without what the mask forbids, and writes them down if that is needed.
__device__ __noinline__ Best scanMasked(
    const View& view, const int* side, const Row& row, __half* copy, int from, int to) {
  Best best;
  bool written = isWritten(view);
#pragma unroll 2
  for (int g = from + threadIdx.x; g < to; g += SCAN_THREADS) {
    uint4 eight = masked(eightFrom(row, g * GROUP), allowedOf(view, side, g * GROUP));
    if (written) {
      ((uint4*)copy)[g] = eight;
    }
    best.consider(eight, g);
  }
  return best;
}

// Changed logits have the precision of the others.
__device__ inline void change(__half* copy, int token, float value) {
  copy[token] = __float2half_rn(clean(value));
}

// Changes tokens of [from, end) that are written down; sampling/Penalties has the same order.
__device__ __noinline__ void adjust(
    const View& view, const int* side, __half* copy, int from, int end) {
  Row row = {copy, end};
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < view.repeatedCount; i += SCAN_THREADS) {
    int token = side[view.repeated + i];
    if (token >= from && token < end) {
      float logit = row.at(token);
      change(copy, token,
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
      change(copy, token, __fadd_rn(row.at(token), -penalty));
    }
  }
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < view.biasCount; i += SCAN_THREADS) {
    int token = side[view.biases + 2 * i];
    if (token >= from && token < end) {
      float bias = __int_as_float(side[view.biases + 2 * i + 1]);
      change(copy, token, __fadd_rn(row.at(token), bias));
    }
  }
  __syncthreads();
}

__device__ inline Best scanChanged(
    const View& view, const int* side, const Row& row, __half* copy, int from, int to) {
  Best best = scanMasked(view, side, row, copy, from, to);
  if (!hasLists(view)) {
    return best;
  }
  adjust(view, side, copy, from * GROUP, min(to * GROUP, row.size));
  best = Best();
#pragma unroll 2
  for (int g = from + threadIdx.x; g < to; g += SCAN_THREADS) {
    best.consider(((const uint4*)copy)[g], g);
  }
  return best;
}

// ---- the token of the largest

__device__ inline u64 warpMax(u64 value) {
#pragma unroll 1
  for (int offset = 16; offset > 0; offset /= 2) {
    u64 other = __shfl_xor_sync(0xFFFFFFFFu, value, offset);
    value = other > value ? other : value;
  }
  return value;
}

// The largest of the block, in its first warp at least.
__device__ inline u64 scanMax(u64 value) {
  __shared__ u64 largest[SCAN_THREADS / 32];
  value = warpMax(value);
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    largest[threadIdx.x / 32] = value;
  }
  __syncthreads();
  return warpMax(threadIdx.x % 32 < SCAN_THREADS / 32 ? largest[threadIdx.x % 32] : 0);
}

__device__ void scan(
    const __half* logits, const View* views, const int* side, __half* adjusted, u64* partials,
    u32* counters, int* tokens, int* last, int vocabulary) {
  __shared__ bool finishes;
  const View& view = views[blockIdx.y];
  bool changed = view.flags & ADJUSTED;
  bool greedy = view.flags & GREEDY;
  if (!greedy && !changed) {
    return;
  }
  int splits = gridDim.x;
  Row row = modelRow(view, logits, vocabulary);
  __half* copy = changed ? changedRow(view, adjusted, vocabulary) : 0;
  int groups = changed ? (vocabulary + GROUP - 1) / GROUP : row.groups();
  int each = (groups + splits - 1) / splits;
  int from = min((int)blockIdx.x * each, groups);
  int to = min(from + each, groups);
  Best best;
  if (changed) {
    best = scanChanged(view, side, row, copy, from, to);
  } else {
    best = scanGroups(row, from, to);
    scanEdges(row, from, to, best);
  }
  if (!greedy) {
    return;
  }
  u64 key = 0;
  if (best.group >= 0) {
    float value = clean(best.value);
    Row chosenFrom = changed && isWritten(view) ? Row{copy, vocabulary} : row;
    // An unaligned row that only has a mask was scanned by eights of tokens.
    int token = changed ? best.group * GROUP : max(0, row.firstOf(best.group));
    while (chosenFrom.at(token) != value ||
           !(allowedOf(view, side, token / GROUP * GROUP) >> token % GROUP & 1)) {
      token++;
    }
    key = keyOf(value, token);
  }
  key = scanMax(key);
  if (threadIdx.x == 0) {
    partials[(long long)blockIdx.y * splits + blockIdx.x] = key;
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
  key = scanMax(key);
  if (threadIdx.x == 0) {
    int token = key ? (int)~(u32)key : firstAllowed(view, side);
    tokens[blockIdx.y] = token;
    last[view.slot] = token;
  }
}
