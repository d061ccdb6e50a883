// The tokens of a row in falling order, by how often each value occurs: the exponential is worked out
// once for each value, and where a count or a sum is reached is found in three steps: the tile, the
// value, the token.
//
// A thread has two tiles, so that a prefix over threads orders all.

constexpr int TILES = RANKS / TILE / THREADS;   // of a thread

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
  // side by side, because a weight is a long chain of dependent instructions.
  __device__ __noinline__ bool weighStretch(const Weight& weight) {
    u32 present[TILES];
    u32 first[TILES];
    u32 seen = 0;
    u32 left = 0;
#pragma unroll
    for (int k = 0; k < TILES; k++) {
      first[k] = (k * THREADS + threadIdx.x) * TILE;
      bool there = counts.paired || first[k] >> counts.bits == counts.stretch;
      present[k] = there ? counts.presentIn(first[k], seen) : 0;
      left |= present[k];
    }
    if (counts.paired && blockSum(seen - counts.counted) != 0) {
      return false;
    }
    // What the loop needs, in registers; from both ends of a tile, so that four chains go at once.
    const Weight weigher = weight;
    const bool paired = counts.paired;
    const u32 wordMask = counts.words() - 1;
    Tally sums[TILES] = {own[0], own[1]};
    float low[TILES] = {lowest[0], lowest[1]};
#pragma unroll
    for (int k = 0; k < TILES; k++) {
      low[k] = present[k] ? weigher(valueOf(first[k] + 31 - __clz(present[k]))) : low[k];
    }
#pragma unroll 1
    while (left != 0) {
      left = 0;
#pragma unroll
      for (int k = 0; k < TILES; k++) {
#pragma unroll
        for (int end = 0; end < 2; end++) {
          u32 bit = end == 0 ? __ffs(present[k]) - 1 : 31 - __clz(present[k]);
          u32 rank = present[k] ? first[k] + bit : LAST_RANK;   // whose weight is finite
          u32 at = !paired ? rank & wordMask : k == 0 ? 0x7FFFu - rank & 0x7FFFu : rank & 0x7FFFu;
          u32 count = !paired ? countWords[at] : k == 0 ? countWords[at] & 0xFFFFu : countWords[at] >> 16;
          count = present[k] ? count : 0;
          sums[k].mass += (double)count * (double)weigher(valueOf(rank));
          sums[k].count += count;
          present[k] &= ~(present[k] ? 1u << bit : 0u);
        }
        left |= present[k];
      }
    }
#pragma unroll
    for (int k = 0; k < TILES; k++) {
      own[k] = sums[k];
      lowest[k] = low[k];
    }
    return true;
  }

  // Works out the weights of all values; returns the tally of all tokens but those of minus infinity.
  __device__ __noinline__ Tally weigh(const Weight& weight) {
    own[0] = own[1] = {0, 0};
    if (!counts.paired || !weighStretch(weight)) {
      counts.paired = false;
#pragma unroll 1
      for (u32 first = 0; first < RANKS; first += counts.words()) {
        counts.require(first);
        weighStretch(weight);
      }
    }
    Tally positive;
    Tally negative;
    before[0] = blockScan(own[0], positive);
    before[1] = positive + blockScan(own[1], negative);
    u32 lastOwn = own[1].count > 0 ? THREADS + threadIdx.x : own[0].count > 0 ? threadIdx.x : 0;
    lastTile = blockMax(lastOwn);
    return positive + negative;
  }

  __device__ static bool isMet(Criterion criterion, double target, const Tally& upTo, float weight) {
    return criterion == COUNTS    ? upTo.count >= target
           : criterion == REACHES ? upTo.mass >= target
           : criterion == EXCEEDS ? upTo.mass > target
                                  : weight < target;
  }

  // The first place that meets the criterion, else the last place of all.
  __device__ __noinline__ Place find(Criterion criterion, double target, const Weight& weight) {
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
