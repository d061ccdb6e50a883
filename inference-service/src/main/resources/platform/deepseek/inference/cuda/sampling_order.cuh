// The tokens of a row in falling order, by how often each value occurs: the exponential is worked out
// once for each value, and where a count or a sum is reached is found in three steps: the tile, the
// value, the token.
//
// A thread has two tiles, so that a prefix over threads orders all. What a thread knows of them stays in
// registers, so nothing here may be a call: memory of 1,024 threads' own is more than the first cache
// has beside the counts.

static_assert(TILES == RANKS / TILE / THREADS, "all ranks");

// The largest weight is 1: so many and smaller ones are lost beside it, all together.
constexpr float LOST = 0x1p-72f;

// The first place at which ... a target.
enum Criterion {
  COUNTS,     // the count reaches
  REACHES,    // the sum reaches
  EXCEEDS,    // the sum exceeds
  UNDERCUTS   // a weight undercuts, exclusively
};

struct Order {
  Counts& counts;
  Tally own[TILES];
  Tally before[TILES];
  float lowest[TILES];   // the smallest weight of the tile
  u32 lastTile;

  __device__ Order(Counts& counts) : counts(counts) {}

  // Adds what the counted stretch has; false when a count has overflowed. The tiles of a thread go
  // side by side, because a weight is a long chain of dependent instructions; and every thread of a
  // warp begins at another value of its tile, because those at one place are in one bank of memory.
  __device__ __forceinline__ bool weighStretch(const Weight& weight) {
    const Weight weigher = weight;
    u32 present[TILES];   // turned right by the lane
    u32 word[TILES];
    u32 seen = 0;
    u32 lane = threadIdx.x % 32;
    u32 occurring[TILES] = {0, 0};
    float low[TILES] = {0, 0};
#pragma unroll
    for (int k = 0; k < TILES; k++) {
      u32 first = (k * THREADS + threadIdx.x) * TILE;
      word[k] = counts.wordOf(first);
      present[k] = 0;
      if (counts.paired || first >> counts.bits == counts.stretch) {
        u32 count;
        u32 ranks = counts.presentIn(first, count, seen);
        if (ranks != 0) {
          occurring[k] = count;
          low[k] = weigher(valueOf(first + 31 - __clz(ranks)));
          bool tells = weigher(valueOf(first + __ffs(ranks) - 1)) > LOST;
          present[k] = tells ? __funnelshift_r(ranks, ranks, lane) : 0;
        }
      }
    }
    if (counts.paired && blockSum(seen - counts.counted) != 0) {
      return false;
    }
    const u32 mask = counts.paired ? 0xFFFFu : ~0u;
    double sums[TILES] = {0, 0};
#pragma unroll 1
    while ((present[0] | present[1]) != 0) {
#pragma unroll
      for (int k = 0; k < TILES; k++) {
        u32 bit = 31 - __clz(present[k]);
        u32 at = bit + lane & 31;
        u32 first = (k * THREADS + threadIdx.x) * TILE;
        u32 flip = counts.paired && k == 0 ? TILE - 1 : 0;
        u32 shift = counts.paired && k == 1 ? 16 : 0;
        u32 count = countWords[word[k] + (at ^ flip)] >> shift & mask;
        // The weight of what does not occur is finite too: it is that of the largest at most.
        float value = fminf(valueOf(first + at), weigher.largest);
        count = present[k] != 0 ? count : 0;
        present[k] &= ~(1u << (bit & 31));
        sums[k] = __fma_rn(wide(count), (double)weigher(value), sums[k]);
      }
    }
#pragma unroll
    for (int k = 0; k < TILES; k++) {
      own[k] = own[k] + Tally{occurring[k], sums[k]};
      lowest[k] = occurring[k] ? low[k] : lowest[k];
    }
    return true;
  }

  // A conversion takes four times as long as this.
  __device__ static double wide(u32 count) {
    return __hiloint2double(0x43300000, count) - 0x1p52;
  }

  // Works out the weights of all values; returns the tally of all tokens but those of minus infinity.
  __device__ __forceinline__ Tally weigh(const Weight& weight) {
    own[0] = own[1] = {0, 0};
    lowest[0] = lowest[1] = 0;
    u32 first = 0;
#pragma unroll 1
    while (first < RANKS) {
      counts.require(first);
      if (weighStretch(weight)) {
        first += counts.paired ? RANKS : counts.words();
      } else {
        counts.paired = false;
      }
    }
    u32 lastOwn = own[1].count > 0 ? THREADS + threadIdx.x : own[0].count > 0 ? threadIdx.x : 0;
    lastTile = blockMax(lastOwn);
    return blockScan(own, before);
  }

  __device__ static bool isMet(Criterion criterion, double target, const Tally& upTo, float weight) {
    return criterion == COUNTS    ? upTo.count >= target
           : criterion == REACHES ? upTo.mass >= target
           : criterion == EXCEEDS ? upTo.mass > target
                                  : weight < target;
  }

  // The first place that meets the criterion, else the last place of all.
  __device__ __forceinline__ Place find(Criterion criterion, double target, const Weight& weight) {
    u32 first = ~0u;
#pragma unroll
    for (int k = TILES - 1; k >= 0; k--) {
      bool met = own[k].count > 0 && isMet(criterion, target, before[k] + own[k], lowest[k]);
      first = met ? k * THREADS + threadIdx.x : first;
    }
    first = min(~blockMax(~first), lastTile);
#pragma unroll
    for (int k = 0; k < TILES; k++) {
      if (first == k * THREADS + threadIdx.x) {
        w.before = before[k];
      }
    }
    counts.require(first * TILE);
    __syncthreads();
    if (threadIdx.x < 32) {
      Place place = within(first * TILE, criterion, target, weight);
      if (threadIdx.x == 0) {
        w.place = place;
      }
    }
    __syncthreads();
    return w.place;
  }

  // The place in a tile, by one warp.
  __device__ Place within(u32 first, Criterion criterion, double target, const Weight& weight) const {
    u32 rank = first + threadIdx.x;
    u32 count = rank >= FIRST_RANK && rank <= LAST_RANK ? counts.countOf(rank) : 0;
    float value = count > 0 ? weight(valueOf(rank)) : 0.0f;
    Tally upTo = w.before + warpScan({count, (double)count * (double)value});
    u32 present = __ballot_sync(0xFFFFFFFFu, count > 0);
    u32 met = __ballot_sync(0xFFFFFFFFu, count > 0 && isMet(criterion, target, upTo, value));
    int lane = met ? __ffs(met) - 1 : 31 - __clz(present);
    Tally end = shuffled(upTo, lane);
    count = __shfl_sync(0xFFFFFFFFu, count, lane);
    value = __shfl_sync(0xFFFFFFFFu, value, lane);
    int earlier = 31 - __clz(present & ((1u << lane) - 1));
    Tally begin = shuffled(upTo, max(earlier, 0));
    begin = earlier < 0 ? w.before : begin;
    rank = first + lane;
    if (!met) {
      return {rank, count, end};
    }
    if (criterion == UNDERCUTS) {
      return {rank, 0, begin};
    }
    double exact = criterion == COUNTS ? target - begin.count : (target - begin.mass) / value;
    exact = criterion == EXCEEDS ? floor(exact) + 1 : ceil(exact);
    u32 n = (u32)fmin(fmax(exact, 1.0), (double)count);
    return {rank, n, {begin.count + n, begin.mass + (double)n * (double)value}};
  }
};
