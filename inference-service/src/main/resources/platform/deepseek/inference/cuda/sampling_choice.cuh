// The choice of a token by one block of threads: the likeliest tokens, truncation and the draw, as
// sampling/Truncation and sampling/Logprobs do it.

// Shared memory of a block; every function leaves it free for the next one.
struct Workspace {
  u64 keys[CANDIDATES];
  u32 bins[2048];
  double totals[32];
  u64 largest[32];
  u32 counts[32];
  double before;
  double target;
  int index;
  u32 count;
  u32 rest;
};

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

// ---- lists of keys in shared memory

// What counts in a sum over a list.
enum Part { ONE, HIGH, LOW };

__device__ inline double valueOf(u64 key, Part part) {
  return part == ONE ? 1.0 : (double)__uint_as_float((u32)(part == HIGH ? key >> 32 : key));
}

__device__ __noinline__ void sortDescending(Workspace& w, int count) {
  int size = 2;
  while (size < count) {
    size *= 2;
  }
  for (int i = count + threadIdx.x; i < size; i += THREADS) {
    w.keys[i] = 0;
  }
  for (int run = 2; run <= size; run *= 2) {
    for (int distance = run / 2; distance > 0; distance /= 2) {
      __syncthreads();
      for (int i = threadIdx.x; i < size / 2; i += THREADS) {
        int low = 2 * i - (i & (distance - 1));
        int high = low + distance;
        u64 a = w.keys[low];
        u64 b = w.keys[high];
        if ((a < b) == ((low & run) == 0)) {
          w.keys[low] = b;
          w.keys[high] = a;
        }
      }
    }
  }
  __syncthreads();
}

// The first place of the list at which the running sum reaches the target, or exceeds it; `count`
// when it never does.
__device__ __noinline__ int reach(
    Workspace& w, int count, Part part, double before, double target, bool exceed) {
  constexpr int EACH = CANDIDATES / THREADS;
  double values[EACH];
  double own = 0;
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    int place = threadIdx.x * EACH + i;
    values[i] = place < count ? valueOf(w.keys[place], part) : 0.0;
    own += values[i];
  }
  if (threadIdx.x == 0) {
    w.index = count;
  }
  double total;
  double sum = before + blockScan(own, w.totals, total);
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    int place = threadIdx.x * EACH + i;
    sum += values[i];
    if (place < count && (exceed ? sum > target : sum >= target)) {
      atomicMin(&w.index, place);
    }
  }
  __syncthreads();
  int place = w.index;
  __syncthreads();
  return place;
}

__device__ __noinline__ double massOf(Workspace& w, int count, Part part) {
  double own = 0;
  for (int i = threadIdx.x; i < count; i += THREADS) {
    own += valueOf(w.keys[i], part);
  }
  return blockSum(own, w.totals);
}

// ---- the likeliest tokens, through the largest of each group

struct Maxima {
  const __half* halves;
  int count;

  // Calls back with a group and the order of its largest half.
  template <typename Visit>
  __device__ void each(Visit visit) const {
    const uint4* eights = (const uint4*)halves;
    for (int i = threadIdx.x; i < (count + 7) / 8; i += THREADS) {
      uint4 eight = __ldcg(eights + i);
      const unsigned short* bits = (const unsigned short*)&eight;
#pragma unroll
      for (int k = 0; k < 8; k++) {
        if (8 * i + k < count) {
          visit(8 * i + k, orderedHalf(bits[k]));
        }
      }
    }
  }
};

// The order of the `wanted`-th largest group; 0, which is below all, when there are not so many.
__device__ __noinline__ u32 floorOf(Workspace& w, const Maxima& maxima, int wanted) {
  if (wanted >= maxima.count) {
    return 0;
  }
  for (int i = threadIdx.x; i < 2048; i += THREADS) {
    w.bins[i] = 0;
  }
  __syncthreads();
  maxima.each([&](int, u32 key) { atomicAdd(&w.bins[key >> 5], 1u); });
  __syncthreads();
  constexpr int EACH = 2048 / THREADS;
  u32 own = 0;
  int top = 2047 - (int)threadIdx.x * EACH;
  for (int i = 0; i < EACH; i++) {
    own += w.bins[top - i];
  }
  u32 total;
  u32 before = blockScan(own, w.counts, total);
  if (before < (u32)wanted && before + own >= (u32)wanted) {
    while (before + w.bins[top] < (u32)wanted) {
      before += w.bins[top--];
    }
    w.index = top;
    w.rest = wanted - before;
  }
  __syncthreads();
  u32 bin = w.index;
  int rest = w.rest;
  __syncthreads();
  if (threadIdx.x < 32) {
    w.bins[threadIdx.x] = 0;
  }
  __syncthreads();
  maxima.each([&](int, u32 key) {
    if (key >> 5 == bin) {
      atomicAdd(&w.bins[key & 31], 1u);
    }
  });
  __syncthreads();
  u32 low = 31;
  while (rest > (int)w.bins[low]) {
    rest -= w.bins[low--];
  }
  __syncthreads();
  return bin << 5 | low;
}

// Puts the keys of the likeliest tokens, `wanted` at least, into the list, in no order: all down to
// some logit, and of the tokens with that very logit the first ones. `keyOf` gives 0 for tokens that
// do not count.
template <typename KeyOf>
struct Likeliest {
  Workspace& w;
  const Row& row;
  Maxima maxima;
  KeyOf keyOf;
  u32 floorKey;
  float floor;

  // The number of keys, more than CANDIDATES when the list does not hold them.
  __device__ int collect(int wanted) {
    floorKey = floorOf(w, maxima, wanted);
    if (row.floats && floorKey > 0) {
      floorKey--;   // these maxima were rounded up
    }
    floor = floorKey <= 0x3FFu ? -INF : clean(unorderedHalf(floorKey));
    int count = gather(false);
    if (count > CANDIDATES) {
      count = gather(true);
      if (count <= CANDIDATES && count < wanted) {
        count = addTies(count, wanted);
      }
    }
    return count;
  }

  __device__ __noinline__ int gather(bool above) {
    if (threadIdx.x == 0) {
      w.count = 0;
    }
    __syncthreads();
    maxima.each([&](int group, u32 key) {
      if (key >= floorKey) {
        for (int token = group * GROUP; token < min((group + 1) * GROUP, row.size); token++) {
          float logit = row.at(token);
          if (above ? logit > floor : logit >= floor) {
            push(keyOf(logit, token));
          }
        }
      }
    });
    __syncthreads();
    int count = (int)w.count;
    __syncthreads();
    return count;
  }

  __device__ void push(u64 key) {
    if (key != 0) {
      u32 place = atomicAdd(&w.count, 1u);
      if (place < CANDIDATES) {
        w.keys[place] = key;
      }
    }
  }

  // Many tokens have the same logit: the first ones in the order of ids.
  __device__ __noinline__ int addTies(int count, int wanted) {
    for (int first = 0; first < row.size && count < wanted; first += THREADS) {
      int token = first + threadIdx.x;
      bool tied = token < row.size && row.at(token) == floor && keyOf(floor, token) != 0;
      u32 total;
      u32 before = blockScan((u32)tied, w.counts, total);
      if (tied && count + (int)before < wanted) {
        w.keys[count + before] = keyOf(floor, token);
      }
      count = min(wanted, count + (int)total);
    }
    __syncthreads();
    return count;
  }
};

template <typename KeyOf>
__device__ Likeliest<KeyOf> likeliest(Workspace& w, const Row& row, Maxima maxima, KeyOf keyOf) {
  return Likeliest<KeyOf>{w, row, maxima, keyOf, 0, 0};
}

// A larger weight, then a smaller token, has a larger key.
__device__ inline u64 weightKey(float weight, int token) {
  u32 bits = __float_as_uint(weight);
  return bits == 0 ? 0 : (u64)bits << 32 | (u32)(0x7FFFFFFF - token);
}

__device__ inline int tokenOf(u64 key) {
  return 0x7FFFFFFF - (int)(u32)key;
}

// ---- a row of which some tokens are kept

struct Draw {
  Workspace& w;
  const View& view;
  const Row& row;
  Weight weight;
  const double* sums;
  double uniform;

  __device__ int blocks() const {
    return (row.size + BLOCK - 1) / BLOCK;
  }

  // The sum of all weights, block after block.
  __device__ __noinline__ double total() {
    double* shared = (double*)w.keys;
    double all = 0;
    for (int from = 0; from < blocks(); from += CANDIDATES) {
      int count = min(CANDIDATES, blocks() - from);
      for (int i = threadIdx.x; i < count; i += THREADS) {
        shared[i] = __ldcg(sums + from + i);
      }
      __syncthreads();
      if (threadIdx.x == 0) {
        for (int i = 0; i < count; i++) {
          all += shared[i];
        }
        w.target = all;
      }
      __syncthreads();
    }
    all = w.target;
    __syncthreads();
    return all;
  }

  // Nothing is cut.
  __device__ int fromAll() {
    double all = total();
    if (threadIdx.x == 0) {
      double target = uniform * all;
      double before = 0;
      int block = 0;
      while (block < blocks() - 1) {
        double sum = blocks() <= CANDIDATES ? ((double*)w.keys)[block] : __ldcg(sums + block);
        if (before + sum > target) {
          break;
        }
        before += sum;
        block++;
      }
      w.index = block;
      w.before = before;
      w.target = target;
    }
    __syncthreads();
    int first = w.index * BLOCK;
    double before = w.before;
    double target = w.target;
    __syncthreads();
    return within(first, min(first + BLOCK, row.size), 1ull << 32, before, target);
  }

  __device__ u64 keyAt(int token) const {
    return weightKey(weight(row.at(token)), token);
  }

  // The token of [first, end), at most 1024, at which the running sum of kept weights exceeds the
  // target; the last kept one if none does, because sums were rounded differently.
  __device__ __noinline__ int within(int first, int end, u64 boundary, double before, double target) {
    double values[2];
    int lastKept = 0;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int token = first + 2 * threadIdx.x + i;
      u64 key = token < end ? keyAt(token) : 0;
      bool kept = key >= boundary;
      values[i] = kept ? valueOf(key, HIGH) : 0.0;
      lastKept = kept ? token : lastKept;
    }
    if (threadIdx.x == 0) {
      w.index = 0x7FFFFFFF;
    }
    double all;
    double sum = before + blockScan(values[0] + values[1], w.totals, all);
    for (int i = 0; i < 2; i++) {
      sum += values[i];
      if (values[i] > 0 && sum > target) {
        atomicMin(&w.index, first + 2 * (int)threadIdx.x + i);
      }
    }
    int last = (int)blockMax((u64)lastKept, w.largest);
    if (threadIdx.x == 0 && w.index == 0x7FFFFFFF) {
      w.index = last;
    }
    __syncthreads();
    int token = w.index;
    __syncthreads();
    return token;
  }

  // Truncation by a list of the likeliest tokens; false when it may not hold the boundary.
  __device__ bool fromLikeliest(const Maxima& maxima, int& token) {
    bool topK = view.flags & TOP_K;
    double mass = !topK && view.topP < 1 ? total() : 0;
    int wanted = topK ? view.topK : USUAL;
    auto list = likeliest(
        w, row, maxima, [&](float logit, int id) { return weightKey(weight(logit), id); });
    int count = list.collect(wanted);
    if (count > CANDIDATES) {
      return false;
    }
    bool whole = topK || weight(list.floor) == 0.0f;
    sortDescending(w, count);
    if (topK) {
      count = min(count, view.topK);
      mass = massOf(w, count, HIGH);
    }
    if (view.topP < 1) {
      int place = reach(w, count, HIGH, 0, (double)view.topP * mass, false);
      if (place == count && !whole) {
        return false;
      }
      whole = true;
      count = min(count, place + 1);
    }
    if (view.minP > 0) {
      float least = fminf(view.minP, 1.0f);
      u32 own = 0;
      for (int i = threadIdx.x; i < count; i += THREADS) {
        own += valueOf(w.keys[i], HIGH) >= least;
      }
      int kept = (int)blockSum(own, w.counts);
      if (kept == count && !whole) {
        return false;
      }
      count = kept;
    }
    token = fromList(count);
    return true;
  }

  // A draw from the first keys of the list, in the order of ids.
  __device__ __noinline__ int fromList(int count) {
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += THREADS) {
      u64 key = w.keys[i];
      w.keys[i] = key << 32 | key >> 32;
    }
    __syncthreads();
    sortDescending(w, count);
    double target = uniform * massOf(w, count, LOW);
    int place = min(count - 1, reach(w, count, LOW, 0, target, true));
    return 0x7FFFFFFF - (int)(u32)(w.keys[place] >> 32);
  }

  // ---- any number of kept tokens: passes over the whole row

  // The boundary is narrowed to one of eight ranges of weights with every pass, until the tokens in
  // it can be sorted. Positive floats order as their bits.
  __device__ __noinline__ u64 boundaryOf(bool byMass, double target) {
    u32 low = 1;
    u32 high = 0x3F800001u;
    double above = 0;
    u32 inside = 0xFFFFFFFFu;
    while (inside > CANDIDATES && high - low > 1) {
      u32 step = (high - low + 7) / 8;
      double sums[8] = {};
      u32 counts[8] = {};
      for (int token = threadIdx.x; token < row.size; token += THREADS) {
        float value = weight(row.at(token));
        u32 bits = __float_as_uint(value);
        if (bits >= low && bits < high) {
#pragma unroll
          for (int i = 0; i < 8; i++) {
            bool counted = bits - low >= i * step;
            sums[i] += counted ? (byMass ? (double)value : 1.0) : 0.0;
            counts[i] += counted;
          }
        }
      }
      int chosen = 0;
      double chosenAbove = above;
      u32 chosenInside = 0;
      double sumAfter = 0;
      u32 countAfter = 0;
      bool found = false;
#pragma unroll
      for (int i = 7; i >= 0; i--) {
        double sum = blockSum(sums[i], w.totals);
        u32 count = blockSum(counts[i], w.counts);
        if (!found && (i == 0 || (count > 0 && above + sum >= target))) {
          found = true;
          chosen = i;
          chosenAbove = above + sumAfter;
          chosenInside = count - countAfter;
        }
        sumAfter = sum;
        countAfter = count;
      }
      high = min(high, low + (chosen + 1) * step);
      low = low + chosen * step;
      above = chosenAbove;
      inside = chosenInside;
    }
    return inside <= CANDIDATES ? sortedBoundary(low, high, byMass, above, target)
                                : tiedBoundary(low, byMass, above, target);
  }

  __device__ __noinline__ u64 sortedBoundary(u32 low, u32 high, bool byMass, double above, double target) {
    if (threadIdx.x == 0) {
      w.count = 0;
    }
    __syncthreads();
    for (int token = threadIdx.x; token < row.size; token += THREADS) {
      u64 key = keyAt(token);
      u32 bits = (u32)(key >> 32);
      if (bits >= low && bits < high) {
        w.keys[atomicAdd(&w.count, 1u)] = key;
      }
    }
    __syncthreads();
    int count = (int)w.count;
    __syncthreads();
    if (count == 0) {
      return (u64)low << 32;
    }
    sortDescending(w, count);
    int place = min(count - 1, reach(w, count, byMass ? HIGH : ONE, above, target, false));
    u64 key = w.keys[place];
    __syncthreads();
    return key;
  }

  // All tokens at the boundary have the same weight: as many as are needed, smaller ids first.
  __device__ __noinline__ u64 tiedBoundary(u32 bits, bool byMass, double above, double target) {
    double each = byMass ? (double)__uint_as_float(bits) : 1.0;
    double needed = ceil((target - above) / each);
    int share = (row.size + THREADS - 1) / THREADS;
    int from = min((int)threadIdx.x * share, row.size);
    int to = min(from + share, row.size);
    u32 own = 0;
    for (int token = from; token < to; token++) {
      own += keyAt(token) >> 32 == bits;
    }
    u32 total;
    u32 before = blockScan(own, w.counts, total);
    u32 wanted = (u32)fmin(fmax(needed, 1.0), (double)total);
    if (before < wanted && before + own >= wanted) {
      int token = from - 1;
      while (before < wanted) {
        token++;
        before += keyAt(token) >> 32 == bits;
      }
      w.index = token;
    }
    __syncthreads();
    u64 key = weightKey(__uint_as_float(bits), w.index);
    __syncthreads();
    return key;
  }

  __device__ __noinline__ double massFrom(u64 boundary) {
    double own = 0;
    for (int token = threadIdx.x; token < row.size; token += THREADS) {
      u64 key = keyAt(token);
      own += key >= boundary ? valueOf(key, HIGH) : 0.0;
    }
    return blockSum(own, w.totals);
  }

  __device__ int fromRow() {
    u64 boundary = 1ull << 32;
    bool topK = view.flags & TOP_K;
    if (topK) {
      boundary = boundaryOf(false, view.topK);
    }
    if (view.topP < 1) {
      double mass = topK ? massFrom(boundary) : total();
      // More than 0: the likeliest token is kept always.
      double target = fmax((double)view.topP * mass, 1e-300);
      u64 nucleus = boundaryOf(true, target);
      boundary = nucleus > boundary ? nucleus : boundary;
    }
    if (view.minP > 0) {
      u64 least = (u64)__float_as_uint(fminf(view.minP, 1.0f)) << 32;
      boundary = least > boundary ? least : boundary;
    }
    return fromKept(boundary);
  }

  // Every warp sums a sixteenth, and then a sixteenth of that one in which the draw is.
  __device__ __noinline__ int fromKept(u64 boundary) {
    constexpr int WARPS = THREADS / 32;
    int warp = threadIdx.x / 32;
    int from = 0;
    int to = row.size;
    double before = 0;
    double target = -1;
    while (target < 0 || to - from > BLOCK) {
      int share = ((to - from + WARPS - 1) / WARPS + 31) / 32 * 32;
      int start = from + warp * share;
      int end = min(start + share, to);
      double own = 0;
      for (int token = start + threadIdx.x % 32; token < end; token += 32) {
        u64 key = keyAt(token);
        own += key >= boundary ? valueOf(key, HIGH) : 0.0;
      }
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
    return within(from, to, boundary, before, target);
  }
};

// ---- log-probabilities

__device__ void tell(
    Workspace& w, const View& view, const Row& row, Maxima maxima, u64 peak, const double* sums,
    int token, Record& record) {
  float largest = peak ? unordered((u32)(peak >> 32)) : -INF;
  Draw model = {w, view, row, Weight(largest, 1.0f), sums, 0};
  double total = peak ? model.total() : 0;
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
  auto list = likeliest(w, row, maxima, [](float logit, int id) {
    return (u64)ordered(logit) << 32 | (u32)(0x7FFFFFFF - id);
  });
  int count = min(list.collect(top), CANDIDATES);
  sortDescending(w, count);
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
  __shared__ Workspace w;
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
    Draw draw = {w, view, row, weight, sums + entry * sumStride,
                 uniformOf(view.seed, view.position)};
    if (!(view.flags & TRUNCATED)) {
      token = draw.fromAll();
    } else {
      Maxima largest = {maxima + entry * maximaStride, groups};
      if (!draw.fromLikeliest(largest, token)) {
        token = draw.fromRow();
      }
    }
  }
  if (threadIdx.x == 0) {
    tokens[entry] = token;
    last[view.slot] = token;
  }
  if (view.logprobs >= 0) {
    const View& own = views[view.logprobs];
    __syncthreads();
    tell(w, own, rowOf(own, logits, adjusted, vocabulary),
         {maxima + view.logprobs * maximaStride, groups}, peaks[view.logprobs],
         sums + view.logprobs * sumStride, token, records[view.logprobs - gridDim.x]);
  }
}
