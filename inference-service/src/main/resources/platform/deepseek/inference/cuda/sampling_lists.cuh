// Sums, lists of keys in shared memory, and the likeliest tokens, by one block of THREADS threads.
// Every function is called by all threads and leaves the shared memory free for the next one.

constexpr int RANGES = 8;

// A column per thread: what it found in each part of a range of weights.
struct Parts {
  float masses[RANGES][THREADS];
  u32 counts[RANGES][THREADS];
};

// In file scope, so that the compiler knows it for shared memory everywhere.
struct Workspace {
  union {
    u64 keys[CANDIDATES];
    u32 bins[2048];
    Parts parts;
  };
  double totals[32];
  u64 largest[32];
  double before;
  int index;
  u32 count;
  u32 rest;
};
__shared__ Workspace w;

// The sum before this thread; `total` becomes the sum of all.
__device__ __noinline__ double blockScan(double value, double& total) {
  constexpr int WARPS = THREADS / 32;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  double sum = value;
#pragma unroll
  for (int offset = 1; offset < 32; offset *= 2) {
    double other = __shfl_up_sync(0xFFFFFFFFu, sum, offset);
    sum += lane >= offset ? other : 0.0;
  }
  __syncthreads();
  if (lane == 31) {
    w.totals[warp] = sum;
  }
  __syncthreads();
  double warps = lane < WARPS ? w.totals[lane] : 0.0;
#pragma unroll
  for (int offset = 1; offset < WARPS; offset *= 2) {
    double other = __shfl_up_sync(0xFFFFFFFFu, warps, offset);
    warps += lane >= offset ? other : 0.0;
  }
  total = __shfl_sync(0xFFFFFFFFu, warps, WARPS - 1);
  double before = __shfl_sync(0xFFFFFFFFu, warps, (warp + 31) % 32);
  return (warp == 0 ? 0.0 : before) + (sum - value);
}

__device__ inline double blockSum(double value) {
  double total;
  blockScan(value, total);
  return total;
}

// What counts in a sum over a list.
enum Part { ONE, HIGH, LOW };

__device__ inline double valueOf(u64 key, Part part) {
  return part == ONE ? 1.0 : (double)__uint_as_float((u32)(part == HIGH ? key >> 32 : key));
}

// A larger weight, then a smaller token, has a larger key; 0 for a weight of 0.
__device__ inline u64 weightKey(float weight, int token) {
  u32 bits = __float_as_uint(weight);
  return bits == 0 ? 0 : (u64)bits << 32 | (u32)(0x7FFFFFFF - token);
}

__device__ inline int tokenOf(u64 key) {
  return 0x7FFFFFFF - (int)(u32)key;
}

// Keys differ. A short list is sorted by counting who is larger: fewer barriers.
__device__ __noinline__ void sortDescending(int count) {
  if (count <= THREADS) {
    u64 own = (int)threadIdx.x < count ? w.keys[threadIdx.x] : 0;
    int place = 0;
    if (own != 0) {
#pragma unroll 4
      for (int i = 0; i < count; i++) {
        place += w.keys[i] > own;
      }
    }
    __syncthreads();
    if (own != 0) {
      w.keys[place] = own;
    }
    __syncthreads();
    return;
  }
  for (int i = count + threadIdx.x; i < CANDIDATES; i += THREADS) {
    w.keys[i] = 0;
  }
#pragma unroll 1
  for (int run = 2; run <= CANDIDATES; run *= 2) {
#pragma unroll 1
    for (int distance = run / 2; distance > 0; distance /= 2) {
      __syncthreads();
#pragma unroll
      for (int i = threadIdx.x; i < CANDIDATES / 2; i += THREADS) {
        int low = 2 * i - (i & (distance - 1));
        int high = low + distance;
        u64 a = w.keys[low];
        u64 b = w.keys[high];
        bool swapped = (a < b) == ((low & run) == 0);
        w.keys[low] = swapped ? b : a;
        w.keys[high] = swapped ? a : b;
      }
    }
  }
  __syncthreads();
}

// The first place of the list at which the running sum reaches the target, or exceeds it; `count`
// when it never does. `total` becomes the sum of the whole list, and a target below 0 is minus a
// part of that one.
__device__ __noinline__ int reach(
    int count, Part part, double before, double target, bool exceed, double& total) {
  constexpr int EACH = CANDIDATES / THREADS;
  double own = 0;
  int first = threadIdx.x * EACH;
#pragma unroll 1
  for (int i = first; i < min(first + EACH, count); i++) {
    own += valueOf(w.keys[i], part);
  }
  if (threadIdx.x == 0) {
    w.index = count;
  }
  double sum = before + blockScan(own, total);
  target = target < 0 ? -target * total : target;
#pragma unroll 1
  for (int i = first; i < min(first + EACH, count); i++) {
    sum += valueOf(w.keys[i], part);
    if (exceed ? sum > target : sum >= target) {
      atomicMin(&w.index, i);
    }
  }
  __syncthreads();
  int place = w.index;
  __syncthreads();
  return place;
}

// ---- the likeliest tokens, through the largest of each group

struct Maxima {
  const __half* halves;
  int count;

  __device__ int eights() const {
    return (count + 7) / 8;
  }

  // Calls back with a group and the order of its largest half. Two loads are in flight.
  template <typename Visit>
  __device__ void each(Visit visit) const {
    const uint4* at = (const uint4*)halves;
    int end = eights();
#pragma unroll 1
    for (int i = threadIdx.x; i < end; i += 2 * THREADS) {
      bool second = i + THREADS < end;
      uint4 a = __ldcg(at + i);
      uint4 b = __ldcg(at + (second ? i + THREADS : i));
      visitEight(8 * i, a, visit);
      if (second) {
        visitEight(8 * (i + THREADS), b, visit);
      }
    }
  }

  template <typename Visit>
  __device__ void visitEight(int first, const uint4& eight, Visit visit) const {
    u64 low = (u64)eight.y << 32 | eight.x;
    u64 high = (u64)eight.w << 32 | eight.z;
    int end = min(first + 8, count);
#pragma unroll 1
    for (int group = first; group < end; group++) {
      visit(group, orderedHalf((u32)low & 0xFFFFu));
      low = low >> 16 | high << 48;
      high >>= 16;
    }
  }
};

// The order of the `wanted`-th largest group, or, unless it must be exact, one a little below that;
// 0, which is below all, when there are not so many.
__device__ __noinline__ u32 floorOf(Maxima maxima, int wanted, bool exact) {
  if (wanted >= maxima.count) {
    return 0;
  }
  for (int i = threadIdx.x; i < 2048; i += THREADS) {
    w.bins[i] = 0;
  }
  __syncthreads();
  if (!exact && wanted <= THREADS / 2) {
    // The largest of each thread's groups will do: as many groups are not below such a floor.
    u32 largest = 0;
    maxima.each([&](int, u32 key) { largest = max(largest, key); });
    atomicAdd(&w.bins[largest >> 5], 1u);
  } else {
    maxima.each([&](int, u32 key) { atomicAdd(&w.bins[key >> 5], 1u); });
  }
  __syncthreads();
  constexpr int EACH = 2048 / THREADS;
  int top = 2047 - (int)threadIdx.x * EACH;
  double own = 0;
  for (int i = 0; i < EACH; i++) {
    own += w.bins[top - i];
  }
  double total;
  double before = blockScan(own, total);
  if (before < wanted && before + own >= wanted) {
    while (before + w.bins[top] < wanted) {
      before += w.bins[top--];
    }
    w.index = top;
    w.rest = wanted - (u32)before;
  }
  __syncthreads();
  u32 bin = w.index;
  int rest = w.rest;
  if (!exact) {
    __syncthreads();
    return bin << 5;
  }
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

// Changed maxima were rounded up, so the value they stand for may be one below.
__device__ inline u32 floorKeyOf(const Row& row, Maxima maxima, int wanted, bool exact) {
  u32 key = floorOf(maxima, wanted, exact);
  return row.floats && key > 0 ? key - 1 : key;
}

__device__ inline float floorValue(u32 floorKey) {
  return floorKey <= 0x3FFu ? -INF : clean(unorderedHalf(floorKey));
}

__device__ inline void push(u64 key) {
  if (key != 0) {
    u32 place = atomicAdd(&w.count, 1u);
    if (place < CANDIDATES) {
      w.keys[place] = key;
    }
  }
}

// Puts the keys of the likeliest tokens, `wanted` at least, into the list, in no order: all down to
// some logit, and of the tokens with that very logit the first ones. `keyOf` gives 0 for tokens that
// do not count.
template <typename KeyOf>
struct Likeliest {
  const Row& row;
  Maxima maxima;
  KeyOf keyOf;
  u32 floorKey;
  float floor;

  // The number of keys, more than CANDIDATES when the list does not hold them.
  __device__ int collect(int wanted) {
    int count = gather(wanted, false, false);
    if (count > CANDIDATES) {
      count = gather(wanted, true, false);
    }
    if (count > CANDIDATES) {
      count = gather(wanted, true, true);
      if (count <= CANDIDATES && count < wanted) {
        count = addTies(count, wanted);
      }
    }
    return count;
  }

  __device__ __noinline__ int gather(int wanted, bool exact, bool above) {
    floorKey = floorKeyOf(row, maxima, wanted, exact);
    floor = floorValue(floorKey);
    if (threadIdx.x == 0) {
      w.count = 0;
    }
    __syncthreads();
    maxima.each([&](int group, u32 key) {
      if (key >= floorKey) {
        take(group, above);
      }
    });
    __syncthreads();
    int count = (int)w.count;
    __syncthreads();
    return count;
  }

  __device__ __noinline__ void take(int group, bool above) {
    float logits[GROUP];
    row.group(group * GROUP, logits);
    u32 taken = 0;
#pragma unroll
    for (int i = 0; i < GROUP; i++) {
      bool wanted = above ? logits[i] > floor : logits[i] >= floor;
      taken |= wanted && group * GROUP + i < row.size ? 1u << i : 0u;
    }
#pragma unroll 1
    for (; taken != 0; taken &= taken - 1) {
      int token = group * GROUP + __ffs(taken) - 1;
      push(keyOf(row.at(token), token));
    }
  }

  // Many tokens have the same logit: the first ones in the order of ids.
  __device__ __noinline__ int addTies(int count, int wanted) {
#pragma unroll 1
    for (int first = 0; first < row.size && count < wanted; first += THREADS) {
      int token = first + threadIdx.x;
      bool tied = token < row.size && row.at(token) == floor && keyOf(floor, token) != 0;
      double total;
      int before = (int)blockScan(tied ? 1.0 : 0.0, total);
      if (tied && count + before < wanted) {
        w.keys[count + before] = keyOf(floor, token);
      }
      count = min(wanted, count + (int)total);
    }
    __syncthreads();
    return count;
  }
};

template <typename KeyOf>
__device__ Likeliest<KeyOf> likeliest(const Row& row, Maxima maxima, KeyOf keyOf) {
  return Likeliest<KeyOf>{row, maxima, keyOf, 0, 0};
}
