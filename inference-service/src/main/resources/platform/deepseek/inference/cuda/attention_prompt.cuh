// Attention of pieces of prompts, after FlashAttention-2 (Dao 2023): scores never leave the multiprocessor.
//
// A block takes some tokens of one sequence and all query heads that share one key and value head. The rows of its
// score matrix are the pairs (token, head of the group), so keys and values are read once for the whole group and the
// causal border wastes little. Each of its four warps owns 16 * PARTS rows: with 32 rows a fragment of keys or values
// that comes out of shared memory serves two products, without which shared memory would be the limit.
// While one block of keys and values is worked on, the next one is copied (cp.async) into the other half of the buffer.
// Blocks of shared memory are swizzled: a row's 16-byte chunks are permuted by bits of the row, so that eight rows of
// one chunk lie in different banks. Positions past the sequence's end are never read: the last valid one stands in for
// them, and their scores are masked.
#pragma once
#include "tensor.cuh"

struct PromptTile {
  int firstRow, rowCount, slot, firstPosition;
};

template <int HEAD_DIM>
struct Swizzle {
  static constexpr int CHUNKS = HEAD_DIM / 8;
  static constexpr int GROUP = CHUNKS % 8 == 0 ? 8 : CHUNKS % 4 == 0 ? 4 : 2;
  static constexpr int SHIFT = GROUP == 8 ? 0 : GROUP == 4 ? 1 : 2;

  static __device__ __forceinline__ int key(int row) {
    return (row >> SHIFT) & (GROUP - 1);
  }

  static __device__ __forceinline__ unsigned offset(int row, int chunk) {
    return row * HEAD_DIM * 2 + ((chunk ^ key(row)) << 4);
  }

  // The offset so many chunks after one whose own number is below 2, if the row's offset is a multiple of a group.
  static __device__ __forceinline__ unsigned after(unsigned offset, int chunks) {
    return (offset ^ (chunks % GROUP << 4)) + (chunks / GROUP * GROUP << 4);
  }
};

template <int HEAD_DIM, int PARTS>
struct PromptAttention {
  static constexpr int THREADS = 128;
  static constexpr int ROWS = 64 * PARTS;
  static constexpr int KEYS = HEAD_DIM > 128 ? 32 : 64;
  static constexpr int CHUNKS = HEAD_DIM / 8;
  static constexpr int ROW_BYTES = HEAD_DIM * 2;
  static constexpr int BLOCK_BYTES = KEYS * ROW_BYTES;
  static constexpr int QUERY_BYTES = ROWS * ROW_BYTES;

  // Copies the block of keys (or values) that begins at this position.
  static __device__ __forceinline__ void copyBlock(
      unsigned to, const char* from, unsigned tileStride, int first, int end) {
#pragma unroll
    for (int i = 0; i < KEYS * CHUNKS / THREADS; i++) {
      int index = threadIdx.x + i * THREADS;
      int row = index / CHUNKS;
      int chunk = index % CHUNKS;
      int position = min(first + row, end - 1);
      const char* source = from + (unsigned long long)(unsigned)(position >> 4) * tileStride
          + (position & 15) * ROW_BYTES + chunk * 16;
      copyAsync(to + Swizzle<HEAD_DIM>::offset(row, chunk), source);
    }
  }

  // Works on so many keys and values. Where they are masked, row r sees positions up to firstPosition + r / group.
  template <int COUNT, bool MASKED>
  static __device__ __forceinline__ void block(
      float (&out)[PARTS][HEAD_DIM / 8][4], float (&top)[PARTS][2], float (&total)[PARTS][2], unsigned queries,
      unsigned keys, unsigned values, int first, float scale, int firstPosition, int group) {
    int lane = threadIdx.x % 32;
    float scores[PARTS][COUNT / 8][4];
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
#pragma unroll
      for (int n = 0; n < COUNT / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          scores[p][n][e] = 0.0f;
        }
      }
    }
    int warpRow = threadIdx.x / 32 * 16 * PARTS;
    unsigned query = queries + Swizzle<HEAD_DIM>::offset(warpRow + lane % 16, lane / 16);
    unsigned key = keys + Swizzle<HEAD_DIM>::offset(lane % 8 + lane / 16 * 8, lane / 8 % 2);
    unsigned value = values + Swizzle<HEAD_DIM>::offset(lane % 16, lane / 16);
#pragma unroll
    for (int k = 0; k < HEAD_DIM / 16; k++) {
      Pair a[PARTS][4];
#pragma unroll
      for (int p = 0; p < PARTS; p++) {
        loadTiles(a[p], Swizzle<HEAD_DIM>::after(query, 2 * k) + p * 16 * ROW_BYTES);
      }
#pragma unroll
      for (int n = 0; n < COUNT / 16; n++) {
        Pair b[4];
        loadTiles(b, Swizzle<HEAD_DIM>::after(key, 2 * k) + n * 16 * ROW_BYTES);
#pragma unroll
        for (int p = 0; p < PARTS; p++) {
          multiply(scores[p][2 * n], a[p][0], a[p][1], a[p][2], a[p][3], b[0], b[1]);
          multiply(scores[p][2 * n + 1], a[p][0], a[p][1], a[p][2], a[p][3], b[2], b[3]);
        }
      }
    }

    // Rows lane / 4 and lane / 4 + 8 of each part, columns spread over four lanes.
    if constexpr (MASKED) {
#pragma unroll
      for (int p = 0; p < PARTS; p++) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
          int limit = firstPosition + (warpRow + 16 * p + 8 * h + lane / 4) / group - first - lane % 4 * 2;
#pragma unroll
          for (int n = 0; n < COUNT / 8; n++) {
#pragma unroll
            for (int e = 0; e < 2; e++) {
              if (n * 8 + e > limit) {
                scores[p][n][2 * h + e] = NEGATIVE_INFINITY;
              }
            }
          }
        }
      }
    }
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
#pragma unroll
      for (int h = 0; h < 2; h++) {
        float highest = top[p][h];
#pragma unroll
        for (int n = 0; n < COUNT / 8; n++) {
#pragma unroll
          for (int e = 0; e < 2; e++) {
            highest = fmaxf(highest, scores[p][n][2 * h + e]);
          }
        }
        highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 1));
        highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 2));
        float shrink = power2((top[p][h] - highest) * scale);
        top[p][h] = highest;
        float base = highest * scale;
        float sum = 0.0f;
#pragma unroll
        for (int n = 0; n < COUNT / 8; n++) {
#pragma unroll
          for (int e = 0; e < 2; e++) {
            float weight = power2(fmaf(scores[p][n][2 * h + e], scale, -base));
            scores[p][n][2 * h + e] = weight;
            sum += weight;
          }
        }
        total[p][h] = total[p][h] * shrink + sum;
#pragma unroll
        for (int n = 0; n < HEAD_DIM / 8; n++) {
          out[p][n][2 * h] *= shrink;
          out[p][n][2 * h + 1] *= shrink;
        }
      }
    }

#pragma unroll
    for (int k = 0; k < COUNT / 16; k++) {
      Pair a[PARTS][4];
#pragma unroll
      for (int p = 0; p < PARTS; p++) {
        a[p][0] = toWord(scores[p][2 * k][0], scores[p][2 * k][1]);
        a[p][1] = toWord(scores[p][2 * k][2], scores[p][2 * k][3]);
        a[p][2] = toWord(scores[p][2 * k + 1][0], scores[p][2 * k + 1][1]);
        a[p][3] = toWord(scores[p][2 * k + 1][2], scores[p][2 * k + 1][3]);
      }
#pragma unroll
      for (int n = 0; n < HEAD_DIM / 16; n++) {
        Pair b[4];
        loadTilesTransposed(b, Swizzle<HEAD_DIM>::after(value, 2 * n) + k * 16 * ROW_BYTES);
#pragma unroll
        for (int p = 0; p < PARTS; p++) {
          multiply(out[p][2 * n], a[p][0], a[p][1], a[p][2], a[p][3], b[0], b[1]);
          multiply(out[p][2 * n + 1], a[p][0], a[p][1], a[p][2], a[p][3], b[2], b[3]);
        }
      }
    }
  }

  static __device__ __forceinline__ void run(
      Element* outputs, const Element* inputs, const char* cache, long long slotStride, long long tileStride64,
      long long layer, const PromptTile* tiles, float scale, int heads, int kvHeads) {
    char* memory = sharedMemory;
    unsigned queries = (unsigned)__cvta_generic_to_shared(memory);
    unsigned buffers = queries + QUERY_BYTES;
    PromptTile tile = tiles[blockIdx.y];
    int kvHead = blockIdx.x;
    int group = heads / kvHeads;
    int rows = tile.rowCount * group;
    int end = tile.firstPosition + tile.rowCount;
    unsigned tileStride = (unsigned)tileStride64;
    const char* keys = cache + tile.slot * slotStride + ((layer * 2) * kvHeads + kvHead) * (16LL * ROW_BYTES);
    const char* values = keys + kvHeads * (16LL * ROW_BYTES);

#pragma unroll
    for (int i = 0; i < ROWS * CHUNKS / THREADS; i++) {
      int index = threadIdx.x + i * THREADS;
      int row = index / CHUNKS;
      int chunk = index % CHUNKS;
      int source = min(row, rows - 1);
      int token = source / group;
      long long query = (long long)(tile.firstRow + token) * heads + kvHead * group + (source - token * group);
      copyAsync(queries + Swizzle<HEAD_DIM>::offset(row, chunk), (const char*)inputs + query * ROW_BYTES + chunk * 16);
    }
    copyBlock(buffers, keys, tileStride, 0, end);
    copyBlock(buffers + BLOCK_BYTES, values, tileStride, 0, end);
    commitCopies();

    int lane = threadIdx.x % 32;
    int warpRow = threadIdx.x / 32 * 16 * PARTS;
    float out[PARTS][HEAD_DIM / 8][4];
    float top[PARTS][2];
    float total[PARTS][2];
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
#pragma unroll
      for (int h = 0; h < 2; h++) {
        top[p][h] = NEGATIVE_INFINITY;
        total[p][h] = 0.0f;
      }
#pragma unroll
      for (int n = 0; n < HEAD_DIM / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          out[p][n][e] = 0.0f;
        }
      }
    }
    int warpFirst = tile.firstPosition + min(warpRow, rows - 1) / group;
    int warpLast = tile.firstPosition + min(warpRow + 16 * PARTS - 1, rows - 1) / group;
    bool idle = warpRow >= rows;

    int blocks = (end + KEYS - 1) / KEYS;
    for (int b = 0; b < blocks; b++) {
      awaitCopies();
      __syncthreads();
      unsigned current = buffers + (b & 1) * 2 * BLOCK_BYTES;
      if (b + 1 < blocks) {
        unsigned next = buffers + ((b + 1) & 1) * 2 * BLOCK_BYTES;
        copyBlock(next, keys, tileStride, (b + 1) * KEYS, end);
        copyBlock(next + BLOCK_BYTES, values, tileStride, (b + 1) * KEYS, end);
        commitCopies();
      }
      int first = b * KEYS;
      if (idle || first > warpLast) {
        continue;
      }
      if (first + KEYS - 1 <= warpFirst) {
        block<KEYS, false>(out, top, total, queries, current, current + BLOCK_BYTES, first, scale, 0, 0);
      } else {
        // The causal border, in smaller steps so that little is computed for nothing.
        for (int at = 0; at < KEYS && first + at <= warpLast; at += 32) {
          unsigned step = current + at * ROW_BYTES;
          block<32, true>(out, top, total, queries, step, step + BLOCK_BYTES, first + at, scale,
                          tile.firstPosition, group);
        }
      }
    }

    // A warp's own rows of the queries' memory take its results on their way out.
    __syncwarp();
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
#pragma unroll
      for (int h = 0; h < 2; h++) {
        float sum = total[p][h];
        sum += __shfl_xor_sync(0xffffffffu, sum, 1);
        sum += __shfl_xor_sync(0xffffffffu, sum, 2);
        float inverse = 1.0f / sum;
        int row = warpRow + 16 * p + 8 * h + lane / 4;
#pragma unroll
        for (int n = 0; n < HEAD_DIM / 8; n++) {
          *(Pair*)(memory + Swizzle<HEAD_DIM>::offset(row, n) + lane % 4 * 4) =
              toWord(out[p][n][2 * h] * inverse, out[p][n][2 * h + 1] * inverse);
        }
      }
    }
    __syncwarp();
#pragma unroll
    for (int i = 0; i < PARTS * 16 * CHUNKS / 32; i++) {
      int index = lane + i * 32;
      int row = warpRow + index / CHUNKS;
      int chunk = index % CHUNKS;
      if (row < rows) {
        int token = row / group;
        long long output = (long long)(tile.firstRow + token) * heads + kvHead * group + (row - token * group);
        *(uint4*)((char*)outputs + output * ROW_BYTES + chunk * 16) =
            *(const uint4*)(memory + Swizzle<HEAD_DIM>::offset(row, chunk));
      }
    }
  }
};
