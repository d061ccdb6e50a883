// Sums over one block of threads, and what its threads tell each other. Every function is called by all
// threads, and the order of additions is fixed.

constexpr int THREADS = 1024;
constexpr int WARPS = THREADS / 32;
constexpr int TILES = 2;   // tallies of a thread: of a tile of positive values, of one of negative ones

// So many tokens, and the sum of their weights.
struct Tally {
  u32 count;
  double mass;

  __device__ Tally operator+(const Tally& other) const {
    return {count + other.count, mass + other.mass};
  }
};

// What a search ends at: all tokens before the n-th one, in order of ids, with the rank's value are
// kept, and that one too.
struct Place {
  u32 rank;
  u32 n;
  Tally kept;
};

struct Shared {
  Tally warps[TILES][WARPS];
  Tally totals[TILES];
  u32 numbers[WARPS];
  Tally before;
  Place place;
  int index;
};
__shared__ Shared w;

__device__ inline Tally shuffledUp(Tally tally, int offset) {
  return {__shfl_up_sync(0xFFFFFFFFu, tally.count, offset),
          __shfl_up_sync(0xFFFFFFFFu, tally.mass, offset)};
}

__device__ inline Tally shuffled(Tally tally, int lane) {
  return {__shfl_sync(0xFFFFFFFFu, tally.count, lane), __shfl_sync(0xFFFFFFFFu, tally.mass, lane)};
}

// The sum up to and including this lane.
__device__ inline Tally warpScan(Tally tally) {
  int lane = threadIdx.x % 32;
#pragma unroll
  for (int offset = 1; offset < 32; offset *= 2) {
    Tally other = shuffledUp(tally, offset);
    tally = lane >= offset ? other + tally : tally;
  }
  return tally;
}

// The sums before this thread, over all threads' first tallies and then their second ones. Returns the
// sum of all.
__device__ inline Tally blockScan(const Tally (&own)[TILES], Tally (&before)[TILES]) {
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  Tally sums[TILES];
  __syncthreads();
#pragma unroll
  for (int k = 0; k < TILES; k++) {
    sums[k] = warpScan(own[k]);
    if (lane == 31) {
      w.warps[k][warp] = sums[k];
    }
  }
  __syncthreads();
  if (warp < TILES) {
    Tally upTo = warpScan(w.warps[warp][lane]);
    Tally until = shuffledUp(upTo, 1);
    w.warps[warp][lane] = lane == 0 ? Tally{0, 0} : until;
    if (lane == 31) {
      w.totals[warp] = upTo;
    }
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < TILES; k++) {
    Tally until = shuffledUp(sums[k], 1);
    before[k] = w.warps[k][warp];
    before[k] = lane == 0 ? before[k] : before[k] + until;
  }
  before[1] = w.totals[0] + before[1];
  return w.totals[0] + w.totals[1];
}

__device__ inline u32 warpScan(u32 sum) {
#pragma unroll
  for (int offset = 1; offset < 32; offset *= 2) {
    u32 other = __shfl_up_sync(0xFFFFFFFFu, sum, offset);
    sum += threadIdx.x % 32 >= offset ? other : 0;
  }
  return sum;
}

// The warp whose part has the wanted one, counted from 1, when each knows how many are in its part;
// `wanted` becomes which one of the part it is.
__device__ inline int warpOf(u32 count, u32& wanted) {
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    w.numbers[threadIdx.x / 32] = count;
  }
  __syncthreads();
  u32 own = w.numbers[threadIdx.x % 32];
  u32 upTo = warpScan(own);
  int warp = __ffs(__ballot_sync(0xFFFFFFFFu, upTo >= wanted)) - 1;
  wanted -= __shfl_sync(0xFFFFFFFFu, upTo - own, warp);
  return warp;
}

__device__ inline u32 blockMax(u32 value) {
  value = __reduce_max_sync(0xFFFFFFFFu, value);
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    w.numbers[threadIdx.x / 32] = value;
  }
  __syncthreads();
  return __reduce_max_sync(0xFFFFFFFFu, w.numbers[threadIdx.x % 32]);
}

__device__ inline u32 blockSum(u32 value) {
  value = __reduce_add_sync(0xFFFFFFFFu, value);
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    w.numbers[threadIdx.x / 32] = value;
  }
  __syncthreads();
  return __reduce_add_sync(0xFFFFFFFFu, w.numbers[threadIdx.x % 32]);
}
