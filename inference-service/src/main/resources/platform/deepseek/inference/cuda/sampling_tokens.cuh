// Where in a row the tokens with a value are.

// Which of a group have the value: bits 0 to 3 for the even ones, 16 to 19 for the odd ones.
__device__ inline u32 equalIn(uint4 eight, __half2 value) {
  const __half2* pairs = (const __half2*)&eight;
  u32 equal = 0;
#pragma unroll
  for (int i = 0; i < GROUP / 2; i++) {
    equal |= (__heq2_mask(pairs[i], value) & 0x00010001u) << i;
  }
  return equal;
}

// How many tokens of groups [first, end) a thread of a warp finds, with many loads in flight.
__device__ inline u32 equalInPart(const Row& row, int first, int end, __half2 value) {
  constexpr int LOADS = 5;
  int last = row.groups() - 1;
  int inner = min(end, last);
  int lane = threadIdx.x % 32;
  u32 count = 0;
#pragma unroll 1
  for (int g = max(first, 1) + lane; g < inner; g += LOADS * 32) {
    uint4 eight[LOADS];
#pragma unroll
    for (int u = 0; u < LOADS; u++) {
      eight[u] = row.inner(min(g + u * 32, inner - 1));
    }
#pragma unroll
    for (int u = 0; u < LOADS; u++) {
      count += g + u * 32 < inner ? __popc(equalIn(eight[u], value)) : 0;
    }
  }
  if (lane == 0 && (first == 0 || (end > last && first <= last))) {
    count += first == 0 ? __popc(equalIn(row.edge(0), value)) : 0;
    count += end > last && first <= last && last > 0 ? __popc(equalIn(row.edge(last), value)) : 0;
  }
  return count;
}

// Tells all threads where the part begins in which the wanted one is, and makes that one of the part.
__device__ inline void narrow(u32 own, int from, u32& wanted) {
  Tally total;
  u32 beforeOwn = blockScan({own, 0}, total).count;
  __syncthreads();
  if (beforeOwn < wanted && beforeOwn + own >= wanted) {
    w.from = from;
    w.skipped = beforeOwn;
  }
  __syncthreads();
  wanted -= w.skipped;
}

// The n-th token, from 1, with the rank's value. Every warp counts in a part of the row; then every
// thread in a group of the part that has it.
__device__ __noinline__ int tokenAt(const Row& row, u32 rank, u32 n) {
  u32 bits = rank < 0x8000u ? 0x7FFFu - rank : rank;
  __half2 value = __half2half2(__ushort_as_half((unsigned short)bits));
  int from = 0;
  int to = row.groups();
  u32 wanted = n;
#pragma unroll 1
  while (to - from > THREADS) {
    int share = (to - from + WARPS - 1) / WARPS;
    int first = min(from + (int)threadIdx.x / 32 * share, to);
    int end = min(first + share, to);
    u32 count = equalInPart(row, first, end, value);
    count = __reduce_add_sync(0xFFFFFFFFu, count);
    narrow(threadIdx.x % 32 == 0 ? count : 0, first, wanted);
    from = w.from;
    to = min(from + share, to);
  }
  int g = from + threadIdx.x;
  u32 equal = g < to ? equalIn(row.group(g), value) : 0;
  u32 missing = wanted;
  narrow(__popc(equal), g, missing);
  if (w.from == g) {
    int token = row.firstOf(g);
    for (int i = 0; i < GROUP; i++) {
      if (equal >> (i / 2 + i % 2 * 16) & 1 && --missing == 0) {
        w.index = token + i;
      }
    }
  }
  __syncthreads();
  int token = w.index;
  __syncthreads();
  return token;
}
