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

// The n-th token, from 1, with the rank's value. Every warp counts in a part of the row; then every
// thread in a group of the part that has it.
__device__ __noinline__ int tokenAt(Row row, u32 rank, u32 n) {
  u32 bits = rank < 0x8000u ? 0x7FFFu - rank : rank;
  __half2 value = __half2half2(__ushort_as_half((unsigned short)bits));
  u32 least = ordered(valueOf(rank));
  int warp = threadIdx.x / 32;
  int from = 0;
  int to = segmentOf(row.groups() - 1) + 1;
  u32 wanted = n;
#pragma unroll 1
  while (firstGroupOf(to) - firstGroupOf(from) > THREADS) {
    int share = (to - from + WARPS - 1) / WARPS;
    int first = min(from + warp * share, to);
    u32 count = 0;
    for (int segment = first; segment < min(first + share, to); segment++) {
      if (maxima[segment % MAXIMA] >= least) {
        Eights eights(row, segment);
#pragma unroll
        for (int u = 0; u < LOADS; u++) {
          count += __popc(equalIn(eights.of[u], value));
        }
      }
    }
    from += warpOf(__reduce_add_sync(0xFFFFFFFFu, count), wanted) * share;
    to = min(from + share, to);
  }
  int g = firstGroupOf(from) + threadIdx.x;
  u32 equal = g < min(firstGroupOf(to), row.groups()) ? equalIn(row.group(g), value) : 0;
  u32 own = __popc(equal);
  if (warpOf(__reduce_add_sync(0xFFFFFFFFu, own), wanted) == warp) {
    u32 upTo = warpScan(own);
    u32 missing = wanted - (upTo - own);
    if (upTo >= wanted && upTo - own < wanted) {
      int token = row.firstOf(g);
      for (int i = 0; i < GROUP; i++) {
        if (equal >> (i / 2 + i % 2 * 16) & 1 && --missing == 0) {
          w.index = token + i;
        }
      }
    }
  }
  __syncthreads();
  int token = w.index;
  __syncthreads();
  return token;
}
