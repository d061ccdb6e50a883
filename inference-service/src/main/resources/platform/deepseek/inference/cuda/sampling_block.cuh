// Sums over one block of threads, and what its threads tell each other. Every function is called by all
// threads, and the order of additions is fixed.

constexpr int THREADS = 1024;
constexpr int WARPS = THREADS / 32;

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
  Tally warps[WARPS];
  u32 numbers[WARPS];
  Tally before;
  Place place;
  u32 skipped;
  int from;
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

// The sum before this thread; `total` becomes the sum of all.
__device__ __noinline__ Tally blockScan(Tally own, Tally& total) {
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  Tally sum = warpScan(own);
  __syncthreads();
  if (lane == 31) {
    w.warps[warp] = sum;
  }
  __syncthreads();
  Tally warps = warpScan(w.warps[lane]);
  total = shuffled(warps, WARPS - 1);
  Tally beforeWarp = shuffled(warps, (warp + 31) % 32);
  Tally before = shuffledUp(sum, 1);
  before = lane == 0 ? Tally{0, 0} : before;
  return warp == 0 ? before : beforeWarp + before;
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
