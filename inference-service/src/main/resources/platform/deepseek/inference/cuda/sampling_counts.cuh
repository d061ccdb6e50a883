// How often a row has each value. A row of fp16 has 63,490 values at most, so counts say all that a
// choice needs to know of a distribution. They are integers, so the order in which they were made does
// not matter.
//
// Values are ranked: 0x3FF is plus infinity, 0x7FFF zero of either sign, 0xFBFF the smallest number. 32
// neighbours are a tile.
//
// Counts lie in shared memory. With 128 KiB of it a word has two counts of 16 bits, of x and of -x. When
// one of them overflows, which their sum tells, or where there is less memory, words of 32 bits count
// one stretch of ranks after the other, for which the row is read again.

constexpr u32 RANKS = 65536;
constexpr u32 TILE = 32;
constexpr u32 FIRST_RANK = 0x3FF;
constexpr u32 LAST_RANK = 0xFBFF;
constexpr u32 PAIRED_WORDS = 32768;

extern __shared__ u32 countWords[];

__device__ inline float valueOf(u32 rank) {
  u32 bits = rank < 0x8000u ? 0x7FFFu - rank : rank;
  return clean(__half2float(__ushort_as_half((unsigned short)bits)));
}

__device__ inline u32 rankOf(u32 bits) {
  return bits & 0x7FFFu ? bits & 0x8000u ? bits : 0x7FFFu - bits : 0x7FFFu;
}

// Neighbouring groups are a segment: group 0, then 128 each. The largest value of each is kept, as
// `ordered` has it, so that who looks for a large value need not read the whole row again. Of a row
// that is too long, several share a place.
constexpr int SEGMENT = 128;
constexpr int LOADS = SEGMENT / 32;
constexpr int MAXIMA = THREADS;
__shared__ u32 maxima[MAXIMA];

__device__ inline int segmentOf(int group) {
  return (group + SEGMENT - 1) / SEGMENT;
}

__device__ inline int firstGroupOf(int segment) {
  return max(0, segment * SEGMENT - (SEGMENT - 1));
}

__device__ inline uint4 nothing() {
  return make_uint4(0xFC00FC00u, 0xFC00FC00u, 0xFC00FC00u, 0xFC00FC00u);
}

// What a thread of a warp has of a segment: a group and every 32nd one after it. Minus infinity stands
// for groups that are not there.
struct Eights {
  uint4 of[LOADS];
  int group;

  __device__ Eights(const Row& row, int segment) : group(firstGroupOf(segment) + threadIdx.x % 32) {
    int last = row.groups() - 1;
    const uint4 nothing = make_uint4(0xFC00FC00u, 0xFC00FC00u, 0xFC00FC00u, 0xFC00FC00u);
#pragma unroll
    for (int u = 0; u < LOADS; u++) {
      bool inner = segment > 0 && group + u * 32 < last;
      of[u] = inner ? row.inner(group + u * 32) : nothing;
    }
    if (segment == 0 || segment == segmentOf(last)) {
      int edge = segment == 0 ? 0 : last;
      uint4 eight = row.edge(edge);
#pragma unroll
      for (int u = 0; u < LOADS; u++) {
        of[u] = group + u * 32 == edge ? eight : of[u];
      }
    }
  }
};

struct Counted {
  u32 values;      // of this thread, but for minus infinity
  float largest;
};

// A branch for each of eight would take longer than all the rest.
__device__ inline void countOne(u32 half) {
  u32 at = (u32)__cvta_generic_to_shared(countWords) + (half & 0x7FFFu) * 4;
  u32 one = half & 0x8000u ? 0x10000u : 1u;
  asm volatile(
      "{ .reg .pred counts; setp.ne.u32 counts, %2, 0xFC00;"
      " @counts red.shared.add.u32 [%0], %1; }" ::"r"(at), "r"(one), "r"(half) : "memory");
}

__device__ inline void clearCounts(u32 words) {
  __syncthreads();
  for (u32 i = threadIdx.x; i < words / 4; i += THREADS) {
    ((uint4*)countWords)[i] = make_uint4(0, 0, 0, 0);
  }
  __syncthreads();
}

// Counts all values in pairs if there is room, minus infinity left out: a mask makes many of it. The
// largest ones are found on the way.
__device__ __noinline__ Counted countPairs(Row row, u32 words) {
  bool all = words == PAIRED_WORDS;
  __syncthreads();
  maxima[threadIdx.x] = 0;
  clearCounts(all ? words : 0);
  const __half2 none = __half2half2(__ushort_as_half(0xFC00));
  int segments = segmentOf(row.groups() - 1) + 1;
  u32 left = 0;       // out, in each half of the word
  u32 groups = 0;
#pragma unroll 1
  for (int segment = threadIdx.x / 32; segment < segments; segment += WARPS) {
    Eights eights(row, segment);
    __half2 most = none;
#pragma unroll
    for (int u = 0; u < LOADS; u++) {
      most = __hmax2(most, largestOf(eights.of[u]));
      if (all) {
        const u32* pairs = (const u32*)&eights.of[u];
#pragma unroll
        for (int i = 0; i < GROUP / 2; i++) {
          countOne(pairs[i] & 0xFFFFu);
          countOne(pairs[i] >> 16);
          left += __heq2_mask(((const __half2*)pairs)[i], none) & 0x00010001u;
        }
        groups++;
      }
    }
    float own = __half2float(__hmax(__low2half(most), __high2half(most)));
    u32 maximum = __reduce_max_sync(0xFFFFFFFFu, ordered(clean(own)));
    if (threadIdx.x % 32 == 0) {
      atomicMax(maxima + segment % MAXIMA, maximum);
    }
  }
  u32 counted = groups * GROUP - (left & 0xFFFFu) - (left >> 16);
  __syncthreads();
  if (threadIdx.x == 0 && all) {
    // Both zeros are one value.
    u32 zeros = (countWords[0] & 0xFFFFu) + (countWords[0] >> 16);
    counted += zeros > 0xFFFFu;   // as if one were missing
    countWords[0] = zeros & 0xFFFFu;
  }
  u32 key = blockMax(maxima[threadIdx.x]);
  return {counted, __uint_as_float(key & 0x80000000u ? key & 0x7FFFFFFFu : ~key)};
}

// Counts the ranks of one stretch, in words of 32 bits. Without calls, because that would send what
// is kept in registers to memory.
__device__ __forceinline__ void countStretch(const Row& row, u32 bits, u32 stretch) {
  constexpr int AHEAD = 8;
  clearCounts(1u << bits);
#pragma unroll 1
  for (int token = threadIdx.x; token < row.size; token += AHEAD * THREADS) {
    u32 halves[AHEAD];
#pragma unroll
    for (int u = 0; u < AHEAD; u++) {
      int at = min(token + u * THREADS, row.size - 1);
      halves[u] = __half_as_ushort(__ldg(row.halves + at));
    }
#pragma unroll
    for (int u = 0; u < AHEAD; u++) {
      u32 rank = rankOf(halves[u]);
      bool there = token + u * THREADS < row.size && rank >= FIRST_RANK && rank <= LAST_RANK;
      if (there && rank >> bits == stretch) {
        atomicAdd(countWords + (rank & (1u << bits) - 1), 1u);
      }
    }
  }
  __syncthreads();
}

struct Counts {
  Row row;
  u32 bits;         // of the number of words in shared memory
  bool paired;
  u32 stretch;      // of ranks that are counted now, unless counts are paired
  u32 counted;      // by this thread
  float largest;

  __device__ Counts(const Row& row, u32 words)
      : row(row), bits(31 - __clz(words)), paired(words == PAIRED_WORDS), stretch(~0u), counted(0) {}

  __device__ u32 words() const {
    return 1u << bits;
  }

  __device__ __forceinline__ void count() {
    Counted all = countPairs(row, words());
    counted = all.values;
    largest = all.largest;
  }

  // Makes the counts of a rank's stretch be there.
  __device__ __forceinline__ void require(u32 rank) {
    if (!paired && rank >> bits != stretch) {
      stretch = rank >> bits;
      countStretch(row, bits, stretch);
    }
  }

  __device__ u32 countOf(u32 rank) const {
    return !paired          ? countWords[rank & words() - 1]
           : rank < 0x8000u ? countWords[0x7FFFu - rank] & 0xFFFFu
                            : countWords[rank - 0x8000u] >> 16;
  }

  // Where a tile's counts are: that of rank first + i is at word + (i ^ flip).
  __device__ u32 wordOf(u32 first) const {
    return !paired ? first & words() - 1 : first < 0x8000u ? 0x7FE0u - first : first - 0x8000u;
  }

  __device__ u32 flipOf(u32 first) const {
    return paired && first < 0x8000u ? TILE - 1 : 0;
  }

  // Which values of a tile occur, a bit for each rank, and how often any does. `seen` has those as
  // well that are no numbers.
  __device__ u32 presentIn(u32 first, u32& count, u32& seen) const {
    u32 shift = paired && first >= 0x8000u ? 16 : 0;
    u32 mask = paired ? 0xFFFFu : ~0u;
    u32 word = wordOf(first);
    u32 present = 0;
    u32 sum = 0;
#pragma unroll 2
    for (u32 i = 0; i < TILE / 4; i++) {
      u32 at = (i + threadIdx.x) % (TILE / 4) * 4;   // so that the threads of a warp use all banks
      uint4 four = *(const uint4*)(countWords + word + at);
      u32 a = four.x >> shift & mask;
      u32 b = four.y >> shift & mask;
      u32 c = four.z >> shift & mask;
      u32 d = four.w >> shift & mask;
      u32 own = a + b + c + d;
      sum += own;
      if (own != 0) {
        present |= ((a ? 1u : 0u) | (b ? 2u : 0u) | (c ? 4u : 0u) | (d ? 8u : 0u)) << at;
      }
    }
    seen += sum;
    present = flipOf(first) ? __brev(present) : present;
    if (first + TILE <= FIRST_RANK || first > LAST_RANK) {
      present = 0;
    } else if (first < FIRST_RANK) {
      present &= ~0u << (FIRST_RANK - first);
      sum = countOf(FIRST_RANK);   // the last of its tile
    }
    count = present ? sum : 0;
    return present;
  }
};
