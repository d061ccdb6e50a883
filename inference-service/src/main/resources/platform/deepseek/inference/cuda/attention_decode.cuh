// Attention of single tokens, bound by how fast keys and values arrive.
//
// A block takes one row, up to eight query heads that share a key and value head, and a part of the positions; each of
// its warps walks tiles of 16 positions on its own, with neither shared memory nor barriers between loads and products.
// The products are turned around so that keys and values are the large operand of a tensor-core product and the heads
// are its eight columns: scores' = keys * queries', results' = values' * weights'. Each lane loads 16 bytes of a key,
// eight consecutive channels, and takes them as the fragments of a product whose channels are permuted; queries are
// permuted alike. Of values a lane loads the same channels of four positions and interleaves pairs of positions.
// The parts of a row meet in `partials`; the last block to arrive, by `counters`, which it leaves at zero, adds them up.
// Positions past the end are never read: the last valid one stands in for them, with weight zero.
#pragma once
#include "decode_work.cuh"
#include "tensor.cuh"

template <int HEAD_DIM>
struct DecodeAttention {
  static constexpr int HEADS = 8;
  static constexpr int MAX_PARTS = 128;
  static constexpr int BATCH = 8;
  static constexpr int ROW_BYTES = HEAD_DIM * 2;
  static constexpr int KEY_WORDS = HEAD_DIM / 8;     // of one key, by one lane
  static constexpr int VALUE_WORDS = HEAD_DIM / 16;  // of one value, by one lane
  static constexpr int STRIDE = HEAD_DIM + 2;
  static constexpr int PARTIAL = HEADS * STRIDE;     // floats of one block: results, then highest scores, then sums

  static constexpr int QUERY_WORDS = HEAD_DIM == 16 ? 2 : 4;
  struct __align__(QUERY_WORDS * 4) Words {
    Pair word[QUERY_WORDS];
  };

  // This lane's channels of one row of queries or keys: 8c.. of every 32 (4c.. of 16).
  static __device__ __forceinline__ void loadKey(Pair (&words)[KEY_WORDS], const char* row, int c) {
    if constexpr (HEAD_DIM == 16) {
      loadStreaming<2>(words, row + c * 8);
    } else {
#pragma unroll
      for (int j = 0; j < HEAD_DIM / 32; j++) {
        loadStreaming<4>(words + 4 * j, row + j * 64 + c * 16);
      }
    }
  }

  // This lane's channels of one row of values: 8g.. of every 64, then 4g.. of 32 or 2g.. of 16.
  static __device__ __forceinline__ void loadValue(Pair (&words)[VALUE_WORDS], const char* row, int g) {
#pragma unroll
    for (int s = 0; s < HEAD_DIM / 64; s++) {
      loadStreaming<4>(words + 4 * s, row + s * 128 + g * 16);
    }
    constexpr int REST = HEAD_DIM % 64;
    if constexpr (REST != 0) {
      loadStreaming<REST / 16>(words + HEAD_DIM / 64 * 4, row + HEAD_DIM / 64 * 128 + g * (REST / 4));
    }
  }

  // The first of the two channels of a word that loadValue fetched.
  static __device__ __forceinline__ int channel(int word, int g) {
    int segment = word / 4;
    if (segment < HEAD_DIM / 64) {
      return segment * 64 + g * 8 + word % 4 * 2;
    }
    return HEAD_DIM / 64 * 64 + g * (HEAD_DIM % 64 / 8) + word % 4 * 2;
  }

  static __device__ __forceinline__ void loadKeys(
      Pair (&words)[2][KEY_WORDS], const char* tile, int g, int c, int last) {
    loadKey(words[0], tile + min(g, last) * ROW_BYTES, c);
    loadKey(words[1], tile + min(g + 8, last) * ROW_BYTES, c);
  }

  static __device__ __forceinline__ void loadValues(
      Pair (&words)[4][VALUE_WORDS], const char* tile, int g, int c, int last) {
#pragma unroll
    for (int k = 0; k < 4; k++) {
      loadValue(words[k], tile + min(2 * c + k % 2 + k / 2 * 8, last) * ROW_BYTES, g);
    }
  }

  static __device__ __forceinline__ float highestOfColumn(float value) {
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 4));
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 8));
    return fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 16));
  }

  static __device__ __forceinline__ float sumOfColumn(float value) {
    value += __shfl_xor_sync(0xffffffffu, value, 4);
    value += __shfl_xor_sync(0xffffffffu, value, 8);
    return value + __shfl_xor_sync(0xffffffffu, value, 16);
  }

  // The block's part of a row, and the whole row when it is the last one. Blocks of any number of warps.
  static __device__ __forceinline__ void run(
      Element* outputs, const Element* inputs, const char* cache, long long slotStride, long long tileStride,
      long long layer, const DecodeWork* items, float* partials, int* counters, float scale, int heads, int kvHeads) {
    float* memory = (float*)sharedMemory;
    __shared__ Words queries[KEY_WORDS / QUERY_WORDS][32];
    DecodeWork work = items[blockIdx.y];
    if (work.row < 0) {
      return;
    }
    int warps = blockDim.x / 32;
    int group = heads / kvHeads;
    int units = (group + HEADS - 1) / HEADS;
    int kvHead = blockIdx.x / units;
    int firstHead = blockIdx.x % units * HEADS;
    int count = min(HEADS, group - firstHead);
    long long query = (long long)work.row * heads + kvHead * group + firstHead;
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int g = lane / 4;
    int c = lane % 4;

    int first = work.firstTile + warp;
    int steps = (work.endTile - first + warps - 1) / warps;
    int left = work.position - first * 16;  // the last valid position, counted from this tile's first
    int valuesAt = kvHeads * 16 * ROW_BYTES;
    const char* keys = cache + work.slot * slotStride + first * tileStride
        + ((layer * 2) * kvHeads + kvHead) * (16LL * ROW_BYTES);
    Pair k[2][KEY_WORDS];
    Pair v[4][VALUE_WORDS];
    if (steps > 0) {
      loadKeys(k, keys, g, c, left);
      loadValues(v, keys + valuesAt, g, c, left);
    }
    // Each lane's part of the queries waits in shared memory: it is the same for all warps, and registers are scarce.
    if (warp == 0) {
      Pair q[KEY_WORDS];
      loadKey(q, (const char*)inputs + (query + min(g, count - 1)) * ROW_BYTES, c);
#pragma unroll
      for (int j = 0; j < KEY_WORDS / QUERY_WORDS; j++) {
        queries[j][lane] = *(const Words*)(q + j * QUERY_WORDS);
      }
    }
    __syncthreads();

    float out[VALUE_WORDS][4];
#pragma unroll
    for (int t = 0; t < VALUE_WORDS; t++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        out[t][e] = 0.0f;
      }
    }
    float top[2] = {NEGATIVE_INFINITY, NEGATIVE_INFINITY};
    float total[2] = {0.0f, 0.0f};
    for (; steps > 0; steps--) {
      float scores[4] = {0.0f, 0.0f, 0.0f, 0.0f};
      float others[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
      for (int j = 0; j < KEY_WORDS / QUERY_WORDS; j++) {
        Words q = queries[j][lane];
#pragma unroll
        for (int i = 0; i < QUERY_WORDS; i += 2) {
          int s = j * QUERY_WORDS + i;
          multiply(i == 0 ? scores : others, k[0][s], k[1][s], k[0][s + 1], k[1][s + 1], q.word[i], q.word[i + 1]);
        }
      }
      keys += warps * tileStride;
      if (steps > 1) {
        loadKeys(k, keys, g, c, left - 16 * warps);
      }
#pragma unroll
      for (int e = 0; e < 4; e++) {
        scores[e] = g + e / 2 * 8 > left ? NEGATIVE_INFINITY : (scores[e] + others[e]) * scale;
      }
      left -= 16 * warps;
      float highest0 = fmaxf(top[0], highestOfColumn(fmaxf(scores[0], scores[2])));
      float highest1 = fmaxf(top[1], highestOfColumn(fmaxf(scores[1], scores[3])));
      if (__any_sync(0xffffffffu, highest0 > top[0] || highest1 > top[1])) {
        float shrink0 = power2(top[0] - highest0);
        float shrink1 = power2(top[1] - highest1);
        top[0] = highest0;
        top[1] = highest1;
        total[0] *= shrink0;
        total[1] *= shrink1;
#pragma unroll
        for (int t = 0; t < VALUE_WORDS; t++) {
          out[t][0] *= shrink0;
          out[t][1] *= shrink1;
          out[t][2] *= shrink0;
          out[t][3] *= shrink1;
        }
      }
#pragma unroll
      for (int e = 0; e < 4; e++) {
        scores[e] = power2(scores[e] - top[e % 2]);
        total[e % 2] += scores[e];
      }
      Pair weights0 = transpose(toWord(scores[0], scores[1]));
      Pair weights1 = transpose(toWord(scores[2], scores[3]));
#pragma unroll
      for (int t = 0; t < VALUE_WORDS; t++) {
        multiply(out[t], __byte_perm(v[0][t], v[1][t], 0x5410), __byte_perm(v[0][t], v[1][t], 0x7632),
                 __byte_perm(v[2][t], v[3][t], 0x5410), __byte_perm(v[2][t], v[3][t], 0x7632), weights0, weights1);
      }
      if (steps > 1) {
        loadValues(v, keys + valuesAt, g, c, left);
      }
    }

    // The warps' results, [warp][head][channel], behind them each head's highest score and sum.
    float* mine = memory + warp * PARTIAL;
#pragma unroll
    for (int t = 0; t < VALUE_WORDS; t++) {
      int at = channel(t, g);
      *(float2*)(mine + (2 * c) * STRIDE + at) = make_float2(out[t][0], out[t][2]);
      *(float2*)(mine + (2 * c + 1) * STRIDE + at) = make_float2(out[t][1], out[t][3]);
    }
    total[0] = sumOfColumn(total[0]);
    total[1] = sumOfColumn(total[1]);
    if (g == 0) {
      *(float2*)(mine + (2 * c) * STRIDE + HEAD_DIM) = make_float2(top[0], total[0]);
      *(float2*)(mine + (2 * c + 1) * STRIDE + HEAD_DIM) = make_float2(top[1], total[1]);
    }
    __syncthreads();
    Element* output = outputs + query * HEAD_DIM;
    // Parts of one row and unit lie side by side.
    float* all = partials + ((long long)work.firstItem * gridDim.x + (long long)blockIdx.x * work.parts) * PARTIAL;
    int part = blockIdx.y - work.firstItem;
    joinWarps(output, all + part * PARTIAL, memory, count, warps, work.parts == 1);
    if (work.parts > 1 && isLast(counters + work.row * gridDim.x + blockIdx.x, work.parts)) {
      joinParts(output, all, memory, count, work.parts);
    }
  }

  // Adds up what the warps have: into the output if that is all there is, or as a part.
  static __device__ __forceinline__ void joinWarps(
      Element* output, float* partial, const float* memory, int count, int warps, bool whole) {
    for (int i = threadIdx.x; i < count * (HEAD_DIM / 2); i += blockDim.x) {
      int head = i / (HEAD_DIM / 2);
      int at = i % (HEAD_DIM / 2) * 2;
      const float* from = memory + head * STRIDE;
      float highest = NEGATIVE_INFINITY;
#pragma unroll 4
      for (int w = 0; w < warps; w++) {
        highest = fmaxf(highest, from[w * PARTIAL + HEAD_DIM]);
      }
      float sum = 0.0f;
      float2 result = make_float2(0.0f, 0.0f);
#pragma unroll 4
      for (int w = 0; w < warps; w++) {
        float2 ends = *(const float2*)(from + w * PARTIAL + HEAD_DIM);
        float2 value = *(const float2*)(from + w * PARTIAL + at);
        float weight = power2(ends.x - highest);
        sum += weight * ends.y;
        result.x += weight * value.x;
        result.y += weight * value.y;
      }
      if (whole) {
        float inverse = 1.0f / sum;
        *(Pair*)(output + head * HEAD_DIM + at) = toWord(result.x * inverse, result.y * inverse);
      } else {
        *(float2*)(partial + head * HEAD_DIM + at) = result;
        if (at == 0) {
          *(float2*)(partial + HEADS * HEAD_DIM + head * 2) = make_float2(highest, sum);
        }
      }
    }
  }

  // Whether all other blocks of the row have written their parts.
  static __device__ __forceinline__ bool isLast(int* counter, int parts) {
    __shared__ bool last;
    __syncthreads();
    if (threadIdx.x == 0) {
      __threadfence();
      last = atomicInc((unsigned*)counter, parts - 1) == parts - 1;
      __threadfence();
    }
    __syncthreads();
    return last;
  }

  // Each part's weight in each head's sum.
  static __device__ __forceinline__ void weigh(float* weights, const float* all, int count, int parts) {
    constexpr int ROUNDS = MAX_PARTS / 32;
    int lane = threadIdx.x % 32;
    for (int head = threadIdx.x / 32; head < count; head += blockDim.x / 32) {
      float2 ends[ROUNDS];
      float highest = NEGATIVE_INFINITY;
#pragma unroll
      for (int i = 0; i < ROUNDS; i++) {
        int part = i * 32 + lane;
        ends[i] = part < parts ? __ldcg((const float2*)(all + part * PARTIAL + HEADS * HEAD_DIM + head * 2))
                               : make_float2(NEGATIVE_INFINITY, 0.0f);
        highest = fmaxf(highest, ends[i].x);
      }
#pragma unroll
      for (int distance = 16; distance > 0; distance /= 2) {
        highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, distance));
      }
      float sum = 0.0f;
#pragma unroll
      for (int i = 0; i < ROUNDS; i++) {
        ends[i].x = power2(ends[i].x - highest);
        sum += ends[i].x * ends[i].y;
      }
#pragma unroll
      for (int distance = 16; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(0xffffffffu, sum, distance);
      }
      float inverse = 1.0f / sum;
#pragma unroll
      for (int i = 0; i < ROUNDS; i++) {
        weights[(i * 32 + lane) * HEADS + head] = ends[i].x * inverse;
      }
    }
  }

  // Fetches one column of up to BATCH parts.
  static __device__ __forceinline__ void fetch(
      float4 (&values)[BATCH], const float* all, int column, int part, int stride, int parts) {
#pragma unroll
    for (int j = 0; j < BATCH; j++) {
      values[j] = __ldcg((const float4*)(all + min(part + j * stride, parts - 1) * PARTIAL) + column);
    }
  }

  // Adds up the parts: four channels a thread, and where threads are left over, some of the parts a team. The first
  // parts are under way while their weights are found.
  static __device__ __forceinline__ void joinParts(
      Element* output, const float* all, float* memory, int count, int parts) {
    float* weights = memory;
    float4* sums = (float4*)(memory + MAX_PARTS * HEADS);
    int columns = count * (HEAD_DIM / 4);
    int teams = max(1, (int)blockDim.x / columns);
    int team = threadIdx.x / columns;
    int first = threadIdx.x - team * columns;
    float4 values[BATCH];
    fetch(values, all, first, team, teams, parts);
    weigh(weights, all, count, parts);
    __syncthreads();
    if (team < teams) {
      for (int column = first; column < columns; column += blockDim.x) {
        const float* weight = weights + column / (HEAD_DIM / 4);
        float4 result = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        for (int part = team; part < parts; part += teams * BATCH) {
          if (column != first || part != team) {
            fetch(values, all, column, part, teams, parts);
          }
#pragma unroll
          for (int j = 0; j < BATCH; j++) {
            float share = part + j * teams < parts ? weight[(part + j * teams) * HEADS] : 0.0f;
            result.x += share * values[j].x;
            result.y += share * values[j].y;
            result.z += share * values[j].z;
            result.w += share * values[j].w;
          }
        }
        if (teams == 1) {
          ((uint2*)output)[column] = make_uint2(toWord(result.x, result.y), toWord(result.z, result.w));
        } else {
          sums[team * columns + column] = result;
        }
      }
    }
    if (teams == 1) {
      return;
    }
    __syncthreads();
    if (threadIdx.x < columns) {
      float4 result = sums[threadIdx.x];
      for (int t = 1; t < teams; t++) {
        float4 more = sums[t * columns + threadIdx.x];
        result.x += more.x;
        result.y += more.y;
        result.z += more.z;
        result.w += more.w;
      }
      ((uint2*)output)[threadIdx.x] = make_uint2(toWord(result.x, result.y), toWord(result.z, result.w));
    }
  }
};
