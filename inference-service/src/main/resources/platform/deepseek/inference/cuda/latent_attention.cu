// Attention over latents in the absorbed form: queries were multiplied with the keys' matrix before, results will be
// with the values' after, so all heads share one cached vector a position (latent.cu), which is key as a whole and value
// in its first `rank` channels.
//
// A block takes pairs (token, head) of one sequence as the rows of its score matrix, 16 or 64 of them, so a vector that
// comes out of the cache serves all of them. Its eight warps divide the rows by 16; those that share rows divide the
// result's columns, and the positions of a block of 32 while scores are made. Weights meet in shared memory, because
// every warp needs all of a row's. While one block of vectors is worked on, the next one is copied (cp.async).
// Rows of shared memory are an odd number of 16 bytes apart, so that eight rows of a tile lie in different banks.
// Widths are data: rank up to 512, a multiple of 16; the turned part a multiple of 8.
//
// Single tokens (decode): attention_plan.cu has cut the rows into parts. Parts of one row leave sums, highest scores and
// unfinished results, which latent_join adds up. Positions past the end are never read: the last valid one stands in.
#include "decode_work.cuh"
#include "tensor.cuh"

struct PromptTile {
  int firstRow, rowCount, slot, firstPosition;
};

constexpr int WARPS = 8;
constexpr int THREADS = 32 * WARPS;
constexpr int KEYS = 32;
constexpr int MOST_RANK = 512;
constexpr int WEIGHT_STRIDE = KEYS * 2 + 16;

// What all blocks of a launch share.
struct Latents {
  Element* out;            // [heads][rows][rank]
  const Element* absorbed; // [heads][rows][rank]
  const Element* turned;   // [rows][heads][rotary]
  const char* cache;
  long long slotStride;
  long long tileStride;
  long long layer;
  float scale;             // with log2(e)
  int heads;
  int rank;
  int rotary;
  int rows;
};

// Neighbouring tokens of a slot, and the positions that the block attends to.
struct Stretch {
  int firstRow, tokens, slot, firstPosition, begin, end;
};

template <int ROW_WARPS>
struct LatentAttention {
  static constexpr int ROWS = 16 * ROW_WARPS;
  static constexpr int ACROSS = WARPS / ROW_WARPS;
  static constexpr int SCORING = ACROSS < KEYS / 8 ? ACROSS : KEYS / 8;  // warps of the same rows that make scores
  static constexpr int EIGHTS = KEYS / 8 / SCORING;
  static constexpr int TILES = MOST_RANK / 16 / ACROSS;

  // Into partials, if there are any, else into the output.
  static __device__ __forceinline__ void run(
      const Latents& latents, Stretch stretch, int unit, int headsOfUnit, float* partials) {
    int width = latents.rank + latents.rotary;
    int padded = (width + 31) / 32 * 32;
    int stride = padded * 2 + 16;
    char* memory = sharedMemory;
    unsigned queries = (unsigned)__cvta_generic_to_shared(memory);
    unsigned buffers = queries + ROWS * stride;
    char* weightMemory = memory + (ROWS + 2 * KEYS) * stride;
    unsigned weights = (unsigned)__cvta_generic_to_shared(weightMemory);
    float* highestOf = (float*)(weightMemory + ROWS * WEIGHT_STRIDE);  // [SCORING][ROWS]
    float* sumOf = highestOf + SCORING * ROWS;
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int warpRow = warp / ACROSS * 16;
    int across = warp % ACROSS;
    int firstHead = unit * headsOfUnit;
    int count = min(headsOfUnit, latents.heads - firstHead);  // heads of this unit
    int rows = stretch.tokens * count;
    const char* cached = latents.cache + stretch.slot * latents.slotStride + latents.layer * 16 * width * 2;

    auto copyBlock = [&](unsigned to, int first) {
      for (int i = warp; i < KEYS; i += WARPS) {
        int position = min(first + i, stretch.end - 1);
        const char* from = cached + (position >> 4) * latents.tileStride + (position & 15) * width * 2;
        for (int chunk = lane; chunk < width / 8; chunk += 32) {
          copyAsync(to + i * stride + chunk * 16, from + chunk * 16);
        }
      }
    };
    for (int i = warp; i < ROWS; i += WARPS) {
      int source = min(i, rows - 1);
      long long row = stretch.firstRow + source / count;
      long long head = firstHead + source % count;
      const char* latent = (const char*)(latents.absorbed + (head * latents.rows + row) * latents.rank);
      const char* turned = (const char*)(latents.turned + (row * latents.heads + head) * latents.rotary);
      for (int chunk = lane; chunk < width / 8; chunk += 32) {
        int behind = chunk - latents.rank / 8;
        copyAsync(queries + i * stride + chunk * 16, behind < 0 ? latent + chunk * 16 : turned + behind * 16);
      }
    }
    copyBlock(buffers, stretch.begin);
    commitCopies();
    // Channels that only fill up a step of the products.
    for (int i = warp; i < ROWS + 2 * KEYS; i += WARPS) {
      for (int channel = width + lane; channel < padded; channel += 32) {
        *(Element*)(memory + i * stride + channel * 2) = toElement(0.0f);
      }
    }

    int limit[2];
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int row = min(warpRow + 8 * h + lane / 4, rows - 1);
      limit[h] = min(stretch.firstPosition + row / count, stretch.end - 1);
    }
    int all = latents.rank / 16;
    int each = (all + ACROSS - 1) / ACROSS;
    int tiles = max(0, min(each, all - across * each));
    int firstColumn = across * each * 16;
    float out[2 * TILES][4];
#pragma unroll
    for (int n = 0; n < 2 * TILES; n++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        out[n][e] = 0.0f;
      }
    }
    float top[2] = {NEGATIVE_INFINITY, NEGATIVE_INFINITY};
    float total[2] = {0.0f, 0.0f};
    unsigned query = queries + (warpRow + lane % 16) * stride + lane / 16 * 16;
    int blocks = (stretch.end - stretch.begin + KEYS - 1) / KEYS;
    for (int b = 0; b < blocks; b++) {
      awaitCopies();
      __syncthreads();
      unsigned current = buffers + (b & 1) * KEYS * stride;
      int first = stretch.begin + b * KEYS;
      if (b + 1 < blocks) {
        copyBlock(buffers + ((b + 1) & 1) * KEYS * stride, first + KEYS);
        commitCopies();
      }
      float scores[EIGHTS][4];
      if (across < SCORING) {
        float others[EIGHTS][4];
#pragma unroll
        for (int i = 0; i < EIGHTS; i++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            scores[i][e] = 0.0f;
            others[i][e] = 0.0f;
          }
        }
        unsigned key = current + (across * EIGHTS * 8 + lane % 8) * stride + lane / 8 * 16;
#pragma unroll 2
        for (int k = 0; k < padded / 32; k++) {
          Pair low[4];
          Pair high[4];
          loadTiles(low, query + k * 64);
          loadTiles(high, query + k * 64 + 32);
#pragma unroll
          for (int i = 0; i < EIGHTS; i++) {
            Pair keys[4];
            loadTiles(keys, key + i * 8 * stride + k * 64);
            multiply(scores[i], low[0], low[1], low[2], low[3], keys[0], keys[1]);
            multiply(others[i], high[0], high[1], high[2], high[3], keys[2], keys[3]);
          }
        }
#pragma unroll
        for (int h = 0; h < 2; h++) {
          float highest = NEGATIVE_INFINITY;
#pragma unroll
          for (int i = 0; i < EIGHTS; i++) {
#pragma unroll
            for (int e = 0; e < 2; e++) {
              int position = first + (across * EIGHTS + i) * 8 + lane % 4 * 2 + e;
              float& score = scores[i][2 * h + e];
              score = position > limit[h] ? NEGATIVE_INFINITY : (score + others[i][2 * h + e]) * latents.scale;
              highest = fmaxf(highest, score);
            }
          }
          highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 1));
          highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 2));
          if (lane % 4 == 0) {
            highestOf[across * ROWS + warpRow + 8 * h + lane / 4] = highest;
          }
        }
      }
      __syncthreads();
      float shrink[2];
#pragma unroll
      for (int h = 0; h < 2; h++) {
        int row = warpRow + 8 * h + lane / 4;
        float highest = top[h];
#pragma unroll
        for (int i = 0; i < SCORING; i++) {
          highest = fmaxf(highest, highestOf[i * ROWS + row]);
        }
        shrink[h] = power2(top[h] - highest);
        top[h] = highest;
        if (across < SCORING) {
          float sum = 0.0f;
#pragma unroll
          for (int i = 0; i < EIGHTS; i++) {
            float one = power2(scores[i][2 * h] - highest);
            float two = power2(scores[i][2 * h + 1] - highest);
            sum += one + two;
            *(Pair*)(weightMemory + row * WEIGHT_STRIDE + (across * EIGHTS + i) * 16 + lane % 4 * 4) =
                toWord(one, two);
          }
          total[h] = total[h] * shrink[h] + sum;
        }
      }
      if (__any_sync(0xffffffffu, shrink[0] != 1.0f || shrink[1] != 1.0f)) {
#pragma unroll
        for (int n = 0; n < 2 * TILES; n++) {
          out[n][0] *= shrink[0];
          out[n][1] *= shrink[0];
          out[n][2] *= shrink[1];
          out[n][3] *= shrink[1];
        }
      }
      __syncthreads();
#pragma unroll
      for (int k = 0; k < KEYS / 16; k++) {
        Pair a[4];
        loadTiles(a, weights + (warpRow + lane % 16) * WEIGHT_STRIDE + k * 32 + lane / 16 * 16);
        unsigned value = current + (k * 16 + lane % 16) * stride + firstColumn * 2 + lane / 16 * 16;
#pragma unroll
        for (int n = 0; n < TILES; n++) {
          if (n < tiles) {
            Pair v[4];
            loadTilesTransposed(v, value + n * 32);
            multiply(out[2 * n], a[0], a[1], a[2], a[3], v[0], v[1]);
            multiply(out[2 * n + 1], a[0], a[1], a[2], a[3], v[2], v[3]);
          }
        }
      }
    }

#pragma unroll
    for (int h = 0; h < 2; h++) {
      float sum = total[h];
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      sum += __shfl_xor_sync(0xffffffffu, sum, 2);
      if (across < SCORING && lane % 4 == 0) {
        sumOf[across * ROWS + warpRow + 8 * h + lane / 4] = sum;
      }
    }
    __syncthreads();
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int at = warpRow + 8 * h + lane / 4;
      if (at >= rows) {
        continue;
      }
      float sum = 0.0f;
#pragma unroll
      for (int i = 0; i < SCORING; i++) {
        sum += sumOf[i * ROWS + at];
      }
      long long row = stretch.firstRow + at / count;
      long long head = firstHead + at % count;
      float inverse = 1.0f / sum;
      float* partial = partials + (long long)at * (latents.rank + 2);
      Element* output = latents.out + (head * latents.rows + row) * latents.rank;
#pragma unroll
      for (int n = 0; n < 2 * TILES; n++) {
        if (n < 2 * tiles) {
          int column = firstColumn + n * 8 + lane % 4 * 2;
          if (partials != nullptr) {
            *(float2*)(partial + column) = make_float2(out[n][2 * h], out[n][2 * h + 1]);
          } else {
            *(Pair*)(output + column) = toWord(out[n][2 * h] * inverse, out[n][2 * h + 1] * inverse);
          }
        }
      }
      if (partials != nullptr && across == 0 && lane % 4 == 0) {
        *(float2*)(partial + latents.rank) = make_float2(top[h], sum);
      }
    }
  }
};

// Single tokens. headsOfUnit: heads that a block takes, at most as many as it has rows.
// Grid: units, items; 256 threads; dynamic shared memory as LatentShape says.
// partials: [items][units][headsOfUnit][rank + 2] float32.
#define DECODE(ROW_WARPS, ROWS, BLOCKS)                                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) latent_decode_##ROWS(                                \
      Element* out, const Element* absorbed, const Element* turned, const char* cache, long long slotStride,        \
      long long tileStride, long long layer, const DecodeWork* work, float* partials, double scale, long long heads, \
      long long headsOfUnit, long long rank, long long rotary, long long rows) {                                     \
    DecodeWork item = work[blockIdx.y];                                                                              \
    if (item.row < 0) {                                                                                              \
      return;                                                                                                        \
    }                                                                                                                \
    Latents latents = {out, absorbed, turned, cache, slotStride, tileStride, layer, (float)(scale * LOG2_E),         \
                       (int)heads, (int)rank, (int)rotary, (int)rows};                                               \
    Stretch stretch = {item.row, 1, item.slot, item.position, item.firstTile * 16,                                   \
                       min(item.endTile * 16, item.position + 1)};                                                   \
    float* own = partials + ((long long)blockIdx.y * gridDim.x + blockIdx.x) * headsOfUnit * (rank + 2);             \
    LatentAttention<ROW_WARPS>::run(                                                                                 \
        latents, stretch, blockIdx.x, (int)headsOfUnit, item.parts > 1 ? own : nullptr);                             \
  }

DECODE(1, 16, 2)
DECODE(4, 64, 1)

// Pieces of prompts: tiles of tokens * headsOfUnit rows at most. Grid: units, tiles; 256 threads.
#define PROMPT(ROW_WARPS, ROWS, BLOCKS)                                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) latent_prompt_##ROWS(                            \
      Element* out, const Element* absorbed, const Element* turned, const char* cache, long long slotStride,    \
      long long tileStride, long long layer, const PromptTile* tiles, double scale, long long heads,             \
      long long headsOfUnit, long long rank, long long rotary, long long rows) {                                 \
    PromptTile tile = tiles[blockIdx.y];                                                                         \
    Latents latents = {out, absorbed, turned, cache, slotStride, tileStride, layer, (float)(scale * LOG2_E),     \
                       (int)heads, (int)rank, (int)rotary, (int)rows};                                           \
    Stretch stretch = {tile.firstRow, tile.rowCount, tile.slot, tile.firstPosition, 0,                           \
                       tile.firstPosition + tile.rowCount};                                                      \
    LatentAttention<ROW_WARPS>::run(latents, stretch, blockIdx.x, (int)headsOfUnit, nullptr);                    \
  }

PROMPT(1, 16, 2)
PROMPT(4, 64, 1)

// Adds up the parts of rows that have several. Grid: items, heads; 128 threads.
extern "C" __global__ void __launch_bounds__(128) latent_join(
    Element* out, const DecodeWork* work, const float* partials, long long heads, long long headsOfUnit,
    long long units, long long rank, long long rows) {
  DecodeWork item = work[blockIdx.x];
  if (item.row < 0 || item.parts == 1 || item.firstItem != blockIdx.x) {
    return;
  }
  long long head = blockIdx.y;
  long long stride = units * headsOfUnit * (rank + 2);
  const float* first = partials + item.firstItem * stride + head * (rank + 2);
  float highest = NEGATIVE_INFINITY;
  for (int part = 0; part < item.parts; part++) {
    highest = fmaxf(highest, first[part * stride + rank]);
  }
  float sum = 0.0f;
  for (int part = 0; part < item.parts; part++) {
    sum += power2(first[part * stride + rank] - highest) * first[part * stride + rank + 1];
  }
  float inverse = 1.0f / sum;
  for (int column = threadIdx.x; column < rank; column += blockDim.x) {
    float value = 0.0f;
    for (int part = 0; part < item.parts; part++) {
      value += power2(first[part * stride + rank] - highest) * first[part * stride + column];
    }
    out[(head * rows + item.row) * rank + column] = toElement(value * inverse);
  }
}
