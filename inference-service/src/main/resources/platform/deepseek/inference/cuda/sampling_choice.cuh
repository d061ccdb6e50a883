// The choice of a token by one block of threads: truncation and the draw as sampling/Truncation has
// them, and log-probabilities as sampling/Logprobs.
//
// Mostly a few of the likeliest tokens, or some hundreds, hold whatever truncation keeps: they are
// sorted. If not, the boundary is narrowed by passes over the groups that may hold it, at worst over the row.

#include "sampling_lists.cuh"

__device__ int firstAllowed(const View& view, const int* side) {
  int token = 0;
  if (view.flags & MASKED) {
    const u32* words = (const u32*)side + view.mask;
    while (!(words[token / 32] >> token % 32 & 1)) {
      token++;
    }
  }
  return token;
}

// The sum of a row's blocks, and the block in which a draw is; `before` becomes the sum before it.
__device__ __noinline__ double sumOf(
    const double* sums, int blocks, double uniform, int& block, double& before) {
  int each = (blocks + THREADS - 1) / THREADS;
  int first = min((int)threadIdx.x * each, blocks);
  int end = min(first + each, blocks);
  double own = 0;
#pragma unroll 1
  for (int i = first; i < end; i++) {
    own += __ldcg(sums + i);
  }
  double total;
  double sum = blockScan(own, total);
  if (threadIdx.x == 0) {
    w.index = blocks - 1;
    w.before = 0;
  }
  __syncthreads();
  double target = uniform * total;
  if (sum <= target && sum + own > target) {
    while (sum + __ldcg(sums + first) <= target && first < end - 1) {
      sum += __ldcg(sums + first++);
    }
    w.index = first;
    w.before = sum;
  }
  __syncthreads();
  block = w.index;
  before = w.before;
  __syncthreads();
  return total;
}

// A range of weights, as their bits, in which a boundary is; positive floats order as their bits.
struct Range {
  u32 low;
  u32 high;
  double above;   // mass, or count, from `high` on
  u32 inside;     // tokens
};

struct Draw {
  const View& view;
  const Row& row;
  Maxima maxima;
  Weight weight;
  const double* sums;
  double uniform;

  __device__ int blocks() const {
    return (row.size + BLOCK - 1) / BLOCK;
  }

  __device__ double total() const {
    int block;
    double before;
    return sumOf(sums, blocks(), 0, block, before);
  }

  // Nothing is cut.
  __device__ int fromAll() const {
    int block;
    double before;
    double all = sumOf(sums, blocks(), uniform, block, before);
    int first = block * BLOCK;
    return within(first, min(first + BLOCK, row.size), 1ull << 32, before, uniform * all);
  }

  // The token of [first, end), at most 1024, at which the running sum of kept weights exceeds the
  // target; the last kept one if none does, because sums were rounded differently.
  __device__ __noinline__ int within(
      int first, int end, u64 boundary, double before, double target) const {
    int token = first + 2 * threadIdx.x;
    u64 even = token < end ? weightKey(weight(row.at(token)), token) : 0;
    u64 odd = token + 1 < end ? weightKey(weight(row.at(token + 1)), token + 1) : 0;
    double a = even >= boundary ? valueOf(even, HIGH) : 0.0;
    double b = odd >= boundary ? valueOf(odd, HIGH) : 0.0;
    if (threadIdx.x == 0) {
      w.index = 0x7FFFFFFF;
    }
    double all;
    double sum = before + blockScan(a + b, all);
    if (a > 0 && sum + a > target) {
      atomicMin(&w.index, token);
    } else if (b > 0 && sum + a + b > target) {
      atomicMin(&w.index, token + 1);
    }
    int last = (int)blockMax(b > 0 ? token + 1 : a > 0 ? token : 0, w.largest);
    __syncthreads();
    int chosen = w.index == 0x7FFFFFFF ? -1 : w.index;
    __syncthreads();
    if (threadIdx.x == 0) {
      w.index = chosen < 0 ? last : chosen;
    }
    __syncthreads();
    chosen = w.index;
    __syncthreads();
    return chosen;
  }

  // Truncation by a list of the likeliest tokens; -1 when it may not hold the boundary.
  __device__ __noinline__ int fromLikeliest(double mass, int wanted) const {
    bool topK = view.flags & TOP_K;
    auto list = likeliest(
        row, maxima, [&](float logit, int id) { return weightKey(weight(logit), id); });
    int count = list.collect(wanted);
    if (count > CANDIDATES) {
      return -1;
    }
    bool whole = topK || weight(list.floor) == 0.0f;
    sortDescending(count);
    double sum;
    if (topK) {
      count = min(count, view.topK);
      reach(count, HIGH, 0, 0, false, mass);
    }
    if (view.topP < 1) {
      int place = reach(count, HIGH, 0, (double)view.topP * mass, false, sum);
      if (place == count && !whole) {
        return -1;
      }
      whole = true;
      count = min(count, place + 1);
    }
    if (view.minP > 0) {
      float least = fminf(view.minP, 1.0f);
      double own = 0;
      for (int i = threadIdx.x; i < count; i += THREADS) {
        own += valueOf(w.keys[i], HIGH) >= least ? 1.0 : 0.0;
      }
      int kept = (int)blockSum(own);
      if (kept == count && !whole) {
        return -1;
      }
      count = kept;
    }
    // The draw, in the order of ids.
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += THREADS) {
      u64 key = w.keys[i];
      w.keys[i] = key << 32 | key >> 32;
    }
    __syncthreads();
    sortDescending(count);
    int place = reach(count, LOW, 0, -uniform, true, sum);
    int token = 0x7FFFFFFF - (int)(u32)(w.keys[min(place, count - 1)] >> 32);
    __syncthreads();
    return token;
  }

  // ---- any number of kept tokens

  // Visits the weights of groups whose largest is not below the floor. Groups come by eights: number
  // from, from + step, ... below `to`; of a thin visit the first of each eight.
  template <typename Visit>
  __device__ void each(int from, int to, int step, u32 floorKey, bool thin, Visit visit) const {
    const uint4* keys = (const uint4*)maxima.halves;
#pragma unroll 1
    for (int eight = from; eight < to; eight += step) {
      uint4 four = __ldcg(keys + eight);
      u64 low = (u64)four.y << 32 | four.x;
      u64 high = (u64)four.w << 32 | four.z;
      int end = min(maxima.count, thin ? 8 * eight + 1 : 8 * eight + 8);
      if (floorKey == 0 && !thin && !row.floats && (eight + 1) * 8 * GROUP <= row.size) {
        // Thirty-two bytes come at a time; ask for all of them.
        const char* at = (const char*)(row.halves + eight * 8 * GROUP);
        for (int i = 0; i < 8 * GROUP * 2; i += 32) {
          asm volatile("prefetch.global.L1 [%0];" ::"l"(at + i));
        }
      }
      u32 visited = 0;
#pragma unroll
      for (int k = 0; k < 8; k++) {
        u32 half = (u32)((k < 4 ? low : high) >> k % 4 * 16) & 0xFFFFu;
        visited |= 8 * eight + k < end && orderedHalf(half) >= floorKey ? 1u << k : 0u;
      }
#pragma unroll 1
      for (; visited != 0; visited &= visited - 1) {
        int group = 8 * eight + __ffs(visited) - 1;
        float logits[GROUP];
        row.group(group * GROUP, logits);
        weight.of(logits);
#pragma unroll
        for (int i = 0; i < GROUP; i++) {
          visit(logits[i], group * GROUP + i);
        }
      }
    }
  }

  // One pass: `range` becomes one of eight parts of itself, six of them between the two hints, and
  // the mass or count that it has in all is the result. Sums are float32, good enough to choose a
  // part by. A target below 0 is minus a share of all.
  __device__ __noinline__ double narrow(
      Range& range, u32 from, u32 to, bool byMass, double target, u32 floorKey, bool thin) const {
    int shift = 0;
    while ((to - from - 1) >> shift > 5) {
      shift++;
    }
    u32 low = range.low;
    u32 high = range.high;
#pragma unroll 1
    for (int i = 0; i < RANGES; i++) {
      w.parts.masses[i][threadIdx.x] = 0;
      w.parts.counts[i][threadIdx.x] = 0;
    }
    float lowerMass = 0;
    float upperMass = 0;
    u32 lowerCount = 0;
    u32 upperCount = 0;
    each(threadIdx.x, maxima.eights(), THREADS, floorKey, thin, [&](float value, int) {
      u32 bits = __float_as_uint(value);
      // Mostly it is one of the outer parts, and those stay in registers.
      bool upper = bits >= to && bits < high;
      bool lower = bits >= low && bits < from;
      upperMass += upper ? value : 0.0f;
      upperCount += upper;
      lowerMass += lower ? value : 0.0f;
      lowerCount += lower;
      if (bits >= from && bits < to) {
        int part = 1 + ((bits - from) >> shift);
        w.parts.masses[part][threadIdx.x] += value;
        w.parts.counts[part][threadIdx.x]++;
      }
    });
    w.parts.masses[0][threadIdx.x] = lowerMass;
    w.parts.counts[0][threadIdx.x] = lowerCount;
    w.parts.masses[RANGES - 1][threadIdx.x] = upperMass;
    w.parts.counts[RANGES - 1][threadIdx.x] = upperCount;
    __syncthreads();
    int warp = threadIdx.x / 32;
    double own = 0;
#pragma unroll 1
    for (int i = threadIdx.x % 32; i < THREADS; i += 32) {
      own += warp < RANGES ? (double)w.parts.masses[warp][i] : (double)w.parts.counts[warp - RANGES][i];
    }
    own = warpSum(own);
    if (threadIdx.x % 32 == 0) {
      w.totals[warp] = own;
    }
    __syncthreads();
    double all = range.above;
    for (int i = 0; i < RANGES; i++) {
      all += w.totals[byMass ? i : RANGES + i];
    }
    target = target < 0 ? -target * all : target;
    int part = RANGES - 1;
    double sum = w.totals[byMass ? part : RANGES + part];
    while (part > 0 && range.above + sum < target) {
      range.above += sum;
      part--;
      sum = w.totals[byMass ? part : RANGES + part];
    }
    range.inside = (u32)w.totals[RANGES + part];
    range.low = part == 0 ? low : part == 7 ? to : from + ((u32)(part - 1) << shift);
    range.high = part == 0 ? from : part == 7 ? high : min(from + ((u32)part << shift), to);
    __syncthreads();
    return all;
  }

  // Narrows by an eighth of the groups, and puts the result's neighbourhood into the hints.
  __device__ void sample(bool byMass, double target, double all, u32& from, u32& to) const {
    Range range = {1, 0x3F800001u, 0, 0xFFFFFFFFu};
    double share = byMass ? target / all : target / 8;
    double goal = byMass ? -share : share;
    int few = max(64, row.size / 8 / 100);
    while (range.inside > few && range.high - range.low > 1) {
      double sampled =
          narrow(range, range.low, range.high, byMass, goal, 0, true);
      goal = goal < 0 ? share * sampled : goal;
    }
    u32 width = range.high - range.low;
    from = range.low > width ? range.low - width : 1;
    to = min(range.high + width, 0x3F800001u);
  }

  // The last key that is kept, when so many tokens or so much mass is to be kept. `floorKey` may
  // leave groups out if they do not matter; it becomes 0 when they do.
  __device__ __noinline__ u64 boundaryOf(
      bool byMass, double target, double all, u32& floorKey) const {
    Range range = {1, 0x3F800001u, 0, 0xFFFFFFFFu};
    if (floorKey != 0) {
      range.low = max(1u, __float_as_uint(weight(floorValue(floorKey))));
      u32 low = range.low;
      double found = narrow(range, low, range.high, byMass, target, floorKey, false);
      if (found < target && low > 1) {
        floorKey = 0;
        range = {1, 0x3F800001u, 0, 0xFFFFFFFFu};
      }
    }
    if (floorKey == 0) {
      u32 from;
      u32 to;
      sample(byMass, target, all, from, to);
      narrow(range, from, to, byMass, target, 0, false);
    }
    while (range.inside > CANDIDATES && range.high - range.low > 1) {
      narrow(range, range.low, range.high, byMass, target, floorKey, false);
    }
    return settle(range, byMass, target, floorKey);
  }

  // Exactly: the tokens in the range are sorted; or they have one weight, and smaller ids are first.
  __device__ __noinline__ u64 settle(
      const Range& range, bool byMass, double target, u32 floorKey) const {
    bool tied = range.inside > CANDIDATES;
    if (threadIdx.x == 0) {
      w.count = 0;
    }
    __syncthreads();
    double own = 0;
    each(threadIdx.x, maxima.eights(), THREADS, floorKey, false, [&](float value, int token) {
      u64 key = weightKey(value, token);
      u32 bits = (u32)(key >> 32);
      if (bits >= range.high) {
        own += byMass ? (double)value : 1.0;
      } else if (bits >= range.low && !tied) {
        push(key);
      }
    });
    double above = blockSum(own);
    if (tied) {
      return tiedBoundary(range.low, byMass, target - above);
    }
    int count = min((int)w.count, CANDIDATES);
    __syncthreads();
    if (count == 0) {
      return (u64)range.low << 32;
    }
    sortDescending(count);
    double sum;
    int place = min(count - 1, reach(count, byMass ? HIGH : ONE, above, target, false, sum));
    u64 key = w.keys[place];
    __syncthreads();
    return key;
  }

  __device__ __noinline__ u64 tiedBoundary(u32 bits, bool byMass, double missing) const {
    double needed = ceil(missing / (byMass ? (double)__uint_as_float(bits) : 1.0));
    int share = (row.size + THREADS - 1) / THREADS;
    int from = min((int)threadIdx.x * share, row.size);
    int to = min(from + share, row.size);
    double own = 0;
#pragma unroll 1
    for (int token = from; token < to; token++) {
      own += __float_as_uint(weight(row.at(token))) == bits ? 1.0 : 0.0;
    }
    double all;
    double before = blockScan(own, all);
    double wanted = fmin(fmax(needed, 1.0), all);
    if (before < wanted && before + own >= wanted) {
      int token = from - 1;
#pragma unroll 1
      while (before < wanted) {
        token++;
        before += __float_as_uint(weight(row.at(token))) == bits ? 1.0 : 0.0;
      }
      w.index = token;
    }
    __syncthreads();
    u64 key = weightKey(__uint_as_float(bits), w.index);
    __syncthreads();
    return key;
  }

  __device__ __noinline__ int fromRow(double all) const {
    u64 boundary = 1ull << 32;
    bool topK = view.flags & TOP_K;
    u32 floorKey = 0;
    if (topK || view.topP < 1) {
      floorKey = floorKeyOf(row, maxima, topK ? max(view.topK, MANY) : MANY, false);
    }
    if (topK) {
      boundary = boundaryOf(false, view.topK, 0, floorKey);
    }
    if (view.topP < 1) {
      if (topK) {
        double own = 0;
        each(threadIdx.x, maxima.eights(), THREADS, floorKey, false, [&](float value, int token) {
          own += weightKey(value, token) >= boundary ? (double)value : 0.0;
        });
        all = blockSum(own);
      }
      // More than 0: the likeliest token is kept always.
      double target = fmax((double)view.topP * all, 1e-300);
      u64 nucleus = boundaryOf(true, target, all, floorKey);
      boundary = nucleus > boundary ? nucleus : boundary;
    }
    if (view.minP > 0) {
      u64 least = (u64)__float_as_uint(fminf(view.minP, 1.0f)) << 32;
      boundary = least > boundary ? least : boundary;
    }
    return fromKept(boundary, floorKey);
  }

  // By eights of groups: every warp sums a sixteenth, and then a sixteenth of that one in which the draw is.
  __device__ __noinline__ int fromKept(u64 boundary, u32 floorKey) const {
    constexpr int WARPS = THREADS / 32;
    int warp = threadIdx.x / 32;
    int from = 0;
    int to = maxima.eights();
    double before = 0;
    double target = -1;
    while (target < 0 || (to - from) * 8 * GROUP > BLOCK) {
      int share = (to - from + WARPS - 1) / WARPS;
      int end = min(from + (warp + 1) * share, to);
      double own = 0;
      each(from + warp * share + threadIdx.x % 32, end, 32, floorKey, false,
           [&](float value, int token) {
             own += weightKey(value, token) >= boundary ? (double)value : 0.0;
           });
      own = warpSum(own);
      __syncthreads();
      if (threadIdx.x % 32 == 0) {
        w.totals[warp] = own;
      }
      __syncthreads();
      if (target < 0) {
        double mass = 0;
        for (int i = 0; i < WARPS; i++) {
          mass += w.totals[i];
        }
        target = uniform * mass;
      }
      int chosen = 0;
      double chosenBefore = before;
#pragma unroll 1
      for (int i = 0; i < WARPS; i++) {
        if (w.totals[i] > 0) {
          chosen = i;
          chosenBefore = before;
          if (before + w.totals[i] > target) {
            break;
          }
          before += w.totals[i];
        }
      }
      before = chosenBefore;
      to = min(from + (chosen + 1) * share, to);
      from = from + chosen * share;
      __syncthreads();
    }
    return within(
        from * 8 * GROUP, min(to * 8 * GROUP, row.size), boundary, before, target);
  }
};

// The log-probability of the chosen token, and the likeliest ones.
__device__ __noinline__ void tell(
    const View& view, const Row& row, Maxima maxima, u64 peak, const double* sums, int token,
    Record& record) {
  float largest = peak ? unordered((u32)(peak >> 32)) : -INF;
  int block;
  double before;
  double total = peak ? sumOf(sums, (row.size + BLOCK - 1) / BLOCK, 0, block, before) : 0;
  double logTotal = log(total);
  auto logprob = [&](float logit) {
    return total == 0 ? -INF : (float)((double)logit - (double)largest - logTotal);
  };
  if (threadIdx.x == 0) {
    record.logprob = logprob(row.at(token));
    record.count = 0;
  }
  int top = min(view.top, min(MOST_TOP, row.size));
  if (top <= 0) {
    return;
  }
  auto list = likeliest(row, maxima, [](float logit, int id) {
    return (u64)ordered(logit) << 32 | (u32)(0x7FFFFFFF - id);
  });
  int count = min(list.collect(top), CANDIDATES);
  sortDescending(count);
  if ((int)threadIdx.x < top) {
    u64 key = w.keys[threadIdx.x];
    record.tokens[threadIdx.x] = tokenOf(key);
    record.logprobs[threadIdx.x] = logprob(unordered((u32)(key >> 32)));
  }
  if (threadIdx.x == 0) {
    record.count = top;
  }
}

__device__ void choose(
    const __half* logits, const View* views, const int* side, const float* adjusted,
    const __half* maxima, const u64* peaks, const double* sums, int* tokens, Record* records,
    int* last, int vocabulary) {
  int entry = blockIdx.x;
  const View& view = views[entry];
  bool greedy = view.flags & GREEDY;
  if (greedy && view.logprobs < 0) {
    return;
  }
  int groups = (vocabulary + GROUP - 1) / GROUP;
  long long maximaStride = (groups + 7) / 8 * 8;
  long long sumStride = (vocabulary + BLOCK - 1) / BLOCK;
  u64 peak = peaks[entry];
  int token;
  if (peak == 0) {
    token = firstAllowed(view, side);
  } else if (greedy) {
    token = (int)~(u32)peak;
  } else {
    Row row = rowOf(view, logits, adjusted, vocabulary);
    Weight weight(unordered((u32)(peak >> 32)), view.temperature);
    Draw draw = {view, row, {maxima + entry * maximaStride, groups}, weight,
                 sums + entry * sumStride, uniformOf(view.seed, view.position)};
    if (!(view.flags & TRUNCATED)) {
      token = draw.fromAll();
    } else {
      double all = view.flags & SUMS ? draw.total() : 0;
      bool topK = view.flags & TOP_K;
      token = draw.fromLikeliest(all, topK ? view.topK : FEW);
      if (token < 0 && !topK) {
        token = draw.fromLikeliest(all, MORE);
      }
      if (token < 0) {
        token = draw.fromRow(all);
      }
    }
  }
  if (threadIdx.x == 0) {
    tokens[entry] = token;
    last[view.slot] = token;
  }
  if (view.logprobs >= 0) {
    const View& own = views[view.logprobs];
    tell(own, rowOf(own, logits, adjusted, vocabulary),
         {maxima + view.logprobs * maximaStride, groups}, peaks[view.logprobs],
         sums + view.logprobs * sumStride, token, records[view.logprobs - gridDim.x]);
  }
}
