// Attention of pieces of prompts on Hopper, by products of four warps each (wgmma), after FlashAttention-3 (Shah and
// others 2024). Tiles and addresses are those of attention_prompt.cuh.
//
// Each of two groups of four warps owns 64 rows. Queries and weights stay in its registers; keys and values are read
// from shared memory by the tensor cores themselves. While the weights of one block of keys are computed from its
// scores, the tensor cores multiply the weights of the block before with its values: so their results shrink after
// that product, not before. On an H200 430 TFLOP/s for long prompts, where mma.sync reaches 320.
#pragma once
#include "attention_prompt.cuh"
#include "hopper.cuh"

template <int HEAD_DIM, int KEYS>
struct HopperAttention {
  static constexpr int THREADS = 256;
  static constexpr int ROWS = 128;
  static constexpr int CHUNKS = HEAD_DIM / 8;
  static constexpr int ROW_BYTES = HEAD_DIM * 2;
  static constexpr int BLOCK_BYTES = KEYS * ROW_BYTES;
  static constexpr int HALF_BYTES = KEYS * 128;  // 64 channels of a block of keys or values
  static constexpr int QUERY_BYTES = ROWS * ROW_BYTES;

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
      copyAsync(to + chunk / 8 * HALF_BYTES + row * 128 + ((chunk % 8 ^ row % 8) << 4), source);
    }
  }

  static __device__ __forceinline__ void scoresOf(
      float (&scores)[KEYS / 8][4], const Pair (&queries)[HEAD_DIM / 16][4], unsigned keys) {
#pragma unroll
    for (int k = 0; k < HEAD_DIM / 16; k++) {
      multiplyGroup<0>(scores, queries[k], matrix(keys + k / 4 * HALF_BYTES + k % 4 * 32, 16), k > 0);
    }
    commitProducts();
  }

  static __device__ __forceinline__ void addValues(
      float (&out)[HEAD_DIM / 8][4], const Pair (&weights)[KEYS / 16][4], unsigned values) {
#pragma unroll
    for (int k = 0; k < KEYS / 16; k++) {
      multiplyGroup<1>(out, weights[k], matrix(values + k * 2048, HALF_BYTES), 1);
    }
    commitProducts();
  }

  // Scores become weights; returns by how much older results shrink.
  static __device__ __forceinline__ void soften(
      float (&scores)[KEYS / 8][4], float (&top)[2], float (&total)[2], float (&shrink)[2], float scale, bool masked,
      int limit0, int limit1) {
    if (masked) {
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          if (n * 8 + e % 2 > (e < 2 ? limit0 : limit1)) {
            scores[n][e] = NEGATIVE_INFINITY;
          }
        }
      }
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
      float highest = top[h];
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) {
        highest = fmaxf(highest, fmaxf(scores[n][2 * h], scores[n][2 * h + 1]));
      }
      highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 1));
      highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 2));
      shrink[h] = power2((top[h] - highest) * scale);
      top[h] = highest;
      float base = highest * scale;
      float sum = 0.0f;
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float weight = power2(fmaf(scores[n][2 * h + e], scale, -base));
          scores[n][2 * h + e] = weight;
          sum += weight;
        }
      }
      total[h] = total[h] * shrink[h] + sum;
    }
  }

  static __device__ __forceinline__ void pack(Pair (&weights)[KEYS / 16][4], const float (&scores)[KEYS / 8][4]) {
#pragma unroll
    for (int k = 0; k < KEYS / 16; k++) {
      weights[k][0] = toWord(scores[2 * k][0], scores[2 * k][1]);
      weights[k][1] = toWord(scores[2 * k][2], scores[2 * k][3]);
      weights[k][2] = toWord(scores[2 * k + 1][0], scores[2 * k + 1][1]);
      weights[k][3] = toWord(scores[2 * k + 1][2], scores[2 * k + 1][3]);
    }
  }

  static __device__ __forceinline__ void run(
      Element* outputs, const Element* inputs, const char* cache, long long slotStride, long long tileStride64,
      long long layer, const PromptTile* tiles, float scale, int heads, int kvHeads) {
    char* memory = sharedMemory;
    unsigned queryBlock = (unsigned)__cvta_generic_to_shared(memory);
    unsigned keyBlocks = queryBlock + QUERY_BYTES;
    unsigned valueBlocks = keyBlocks + 2 * BLOCK_BYTES;
    PromptTile tile = tiles[blockIdx.y];
    int kvHead = blockIdx.x;
    int group = heads / kvHeads;
    int rows = tile.rowCount * group;
    int end = tile.firstPosition + tile.rowCount;
    unsigned tileStride = (unsigned)tileStride64;
    const char* keys = cache + tile.slot * slotStride + ((layer * 2) * kvHeads + kvHead) * (16LL * ROW_BYTES);
    const char* values = keys + kvHeads * (16LL * ROW_BYTES);

    copyBlock(keyBlocks, keys, tileStride, 0, end);
#pragma unroll
    for (int i = 0; i < ROWS * CHUNKS / THREADS; i++) {
      int index = threadIdx.x + i * THREADS;
      int row = index / CHUNKS;
      int chunk = index % CHUNKS;
      int source = min(row, rows - 1);
      int token = source / group;
      long long query = (long long)(tile.firstRow + token) * heads + kvHead * group + (source - token * group);
      copyAsync(queryBlock + Swizzle<HEAD_DIM>::offset(row, chunk), (const char*)inputs + query * ROW_BYTES + chunk * 16);
    }
    commitCopies();

    int lane = threadIdx.x % 32;
    int warpRow = threadIdx.x / 32 * 16;
    int position0 = tile.firstPosition + (warpRow + lane / 4) / group;
    int position1 = tile.firstPosition + (warpRow + lane / 4 + 8) / group;
    int groupFirst = tile.firstPosition + threadIdx.x / 128 * 64 / group;  // the least position of the four warps
    int column = lane % 4 * 2;
    float out[HEAD_DIM / 8][4];
#pragma unroll
    for (int n = 0; n < HEAD_DIM / 8; n++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        out[n][e] = 0.0f;
      }
    }
    float top[2] = {NEGATIVE_INFINITY, NEGATIVE_INFINITY};
    float total[2] = {0.0f, 0.0f};
    float shrink[2];
    int blocks = (end + KEYS - 1) / KEYS;
    awaitCopies();
    showToProducts();
    __syncthreads();
    copyBlock(valueBlocks, values, tileStride, 0, end);
    if (blocks > 1) {
      copyBlock(keyBlocks + BLOCK_BYTES, keys, tileStride, KEYS, end);
    }
    commitCopies();

    Pair queries[HEAD_DIM / 16][4];
    unsigned query = queryBlock + Swizzle<HEAD_DIM>::offset(warpRow + lane % 16, lane / 16);
#pragma unroll
    for (int k = 0; k < HEAD_DIM / 16; k++) {
      loadTiles(queries[k], Swizzle<HEAD_DIM>::after(query, 2 * k));
    }
    float scores[KEYS / 8][4];
    Pair weights[KEYS / 16][4];
    beginProducts();
    scoresOf(scores, queries, keyBlocks);
    awaitProducts<0>();
    soften(scores, top, total, shrink, scale, KEYS - 1 > groupFirst, position0 - column, position1 - column);
    pack(weights, scores);

    for (int b = 1; b < blocks; b++) {
      awaitCopies();
      showToProducts();
      __syncthreads();
      copyBlock(valueBlocks + (b & 1) * BLOCK_BYTES, values, tileStride, b * KEYS, end);
      if (b + 1 < blocks) {
        copyBlock(keyBlocks + ((b + 1) & 1) * BLOCK_BYTES, keys, tileStride, (b + 1) * KEYS, end);
      }
      commitCopies();
      beginProducts();
      scoresOf(scores, queries, keyBlocks + (b & 1) * BLOCK_BYTES);
      addValues(out, weights, valueBlocks + ((b - 1) & 1) * BLOCK_BYTES);
      awaitProducts<1>();
      int first = b * KEYS + column;
      soften(scores, top, total, shrink, scale, b * KEYS + KEYS - 1 > groupFirst, position0 - first, position1 - first);
      awaitProducts<0>();
#pragma unroll
      for (int n = 0; n < HEAD_DIM / 8; n++) {
        out[n][0] *= shrink[0];
        out[n][1] *= shrink[0];
        out[n][2] *= shrink[1];
        out[n][3] *= shrink[1];
      }
      pack(weights, scores);
    }
    awaitCopies();
    showToProducts();
    __syncthreads();
    beginProducts();
    addValues(out, weights, valueBlocks + ((blocks - 1) & 1) * BLOCK_BYTES);
    awaitProducts<0>();

#pragma unroll
    for (int h = 0; h < 2; h++) {
      float sum = total[h];
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      sum += __shfl_xor_sync(0xffffffffu, sum, 2);
      float inverse = 1.0f / sum;
      int row = warpRow + 8 * h + lane / 4;
#pragma unroll
      for (int n = 0; n < HEAD_DIM / 8; n++) {
        *(Pair*)(memory + Swizzle<HEAD_DIM>::offset(row, n) + lane % 4 * 4) =
            toWord(out[n][2 * h] * inverse, out[n][2 * h + 1] * inverse);
      }
    }
    __syncwarp();
#pragma unroll
    for (int i = 0; i < 16 * CHUNKS / 32; i++) {
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

// Tiles of at most 128 rows. Grid: kvHeads, tiles; 256 threads; dynamic shared memory for 128 queries and four blocks
// of 128 keys or values.
extern "C" __global__ void __launch_bounds__(256, 1) SIZED(attention_hopper, HEAD_SIZE)(
    Element* out, const Element* queries, const char* cache, long long slotStride, long long tileStride,
    long long layer, const PromptTile* tiles, double scale, long long heads, long long kvHeads) {
  HopperAttention<HEAD_SIZE, 128>::run(out, queries, cache, slotStride, tileStride, layer, tiles,
                                       (float)(scale * LOG2_E), (int)heads, (int)kvHeads);
}
