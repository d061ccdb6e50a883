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

// Calls back with each group of a row, in no order.
template <typename Visit>
__device__ void eachGroup(const Row& row, Visit visit) {
  int last = row.groups() - 1;
#pragma unroll 1
  for (int g = 1 + threadIdx.x; g < last; g += UNROLLED * THREADS) {
    uint4 eight[UNROLLED];
#pragma unroll
    for (int u = 0; u < UNROLLED; u++) {
      eight[u] = row.inner(min(g + u * THREADS, last - 1));
    }
#pragma unroll
    for (int u = 0; u < UNROLLED; u++) {
      if (g + u * THREADS < last) {
        visit(eight[u], g + u * THREADS);
      }
    }
  }
  if (threadIdx.x == 0 || (threadIdx.x == 32 && last > 0)) {
    int edge = threadIdx.x == 0 ? 0 : last;
    visit(row.edge(edge), edge);
  }
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

  __device__ void clear() const {
    __syncthreads();
    for (u32 i = threadIdx.x; i < words() / 4; i += THREADS) {
      ((uint4*)countWords)[i] = make_uint4(0, 0, 0, 0);
    }
    __syncthreads();
  }

  // A branch for each of eight would take longer than all the rest.
  __device__ static void countOne(u32 half) {
    u32 at = (u32)__cvta_generic_to_shared(countWords) + (half & 0x7FFFu) * 4;
    u32 one = half & 0x8000u ? 0x10000u : 1u;
    asm volatile(
        "{ .reg .pred counts; setp.ne.u32 counts, %2, 0xFC00;"
        " @counts red.shared.add.u32 [%0], %1; }" ::"r"(at), "r"(one), "r"(half) : "memory");
  }

  // Counts all values, minus infinity left out: a mask makes many of it. The largest is found on the way.
  __device__ __noinline__ void count() {
    bool all = paired;
    if (all) {
      clear();
    }
    const __half2 none = __half2half2(__ushort_as_half(0xFC00));
    __half2 most = none;
    u32 left = 0;       // out, in each half of the word
    u32 groups = 0;
    eachGroup(row, [&](uint4 eight, int) {
      most = __hmax2(most, largestOf(eight));
      if (all) {
        const u32* pairs = (const u32*)&eight;
#pragma unroll
        for (int i = 0; i < GROUP / 2; i++) {
          countOne(pairs[i] & 0xFFFFu);
          countOne(pairs[i] >> 16);
          left += __heq2_mask(((const __half2*)&eight)[i], none) & 0x00010001u;
        }
        groups++;
      }
    });
    counted = groups * GROUP - (left & 0xFFFFu) - (left >> 16);
    __syncthreads();
    if (threadIdx.x == 0 && all) {
      // Both zeros are one value.
      u32 zeros = (countWords[0] & 0xFFFFu) + (countWords[0] >> 16);
      counted += zeros > 0xFFFFu;   // as if one were missing
      countWords[0] = zeros & 0xFFFFu;
    }
    float own = fmaxf(clean(__low2float(most)), clean(__high2float(most)));
    u32 key = blockMax(ordered(own));
    largest = __uint_as_float(key & 0x80000000u ? key & 0x7FFFFFFFu : ~key);
  }

  // Makes the counts of a rank's stretch be there.
  __device__ __noinline__ void require(u32 rank) {
    if (paired || rank >> bits == stretch) {
      return;
    }
    stretch = rank >> bits;
    clear();
    eachGroup(row, [&](uint4 eight, int) {
      const u32* pairs = (const u32*)&eight;
#pragma unroll
      for (int i = 0; i < GROUP; i++) {
        u32 at = rankOf(pairs[i / 2] >> i % 2 * 16 & 0xFFFFu);
        if (at >> bits == stretch && at >= FIRST_RANK && at <= LAST_RANK) {
          atomicAdd(countWords + (at & words() - 1), 1u);
        }
      }
    });
    __syncthreads();
  }

  __device__ u32 countOf(u32 rank) const {
    return !paired          ? countWords[rank & words() - 1]
           : rank < 0x8000u ? countWords[0x7FFFu - rank] & 0xFFFFu
                            : countWords[rank - 0x8000u] >> 16;
  }

  // Which values of a tile occur, a bit for each rank; adds up how often any does.
  __device__ u32 presentIn(u32 first, u32& seen) const {
    bool backward = paired && first < 0x8000u;
    u32 shift = paired && !backward ? 16 : 0;
    u32 mask = paired ? 0xFFFFu : ~0u;
    u32 words0 = backward ? 0x7FE0u - first : paired ? first - 0x8000u : (first & words() - 1);
    u32 present = 0;
#pragma unroll 2
    for (u32 i = 0; i < TILE / 4; i++) {
      u32 at = (i + threadIdx.x) % (TILE / 4) * 4;   // so that the threads of a warp use all banks
      uint4 four = *(const uint4*)(countWords + words0 + at);
      u32 a = four.x >> shift & mask;
      u32 b = four.y >> shift & mask;
      u32 c = four.z >> shift & mask;
      u32 d = four.w >> shift & mask;
      u32 sum = a + b + c + d;
      seen += sum;
      if (sum != 0) {
        present |= ((a ? 1u : 0u) | (b ? 2u : 0u) | (c ? 4u : 0u) | (d ? 8u : 0u)) << at;
      }
    }
    present = backward ? __brev(present) : present;
    return first + TILE <= FIRST_RANK || first > LAST_RANK ? 0
           : first < FIRST_RANK                            ? present & ~0u << (FIRST_RANK - first)
                                                           : present;
  }
};
