// Mixtures of experts around their products (expert_products.cu): which experts a row takes (ExpertRouter in Java says
// the same in words), rows that chose the same expert brought together, and results added up. The host sees none of it:
// launches are as large as the worst choice needs, and a captured graph is right for every choice.
#include "element.cuh"

constexpr int MOST_EXPERTS = 1024;
constexpr int MOST_GROUPS = 128;
constexpr int ROUTING_WARPS = 4;

__device__ __forceinline__ float lowest() { return __int_as_float(0xff800000); }

__device__ __forceinline__ float highestOfWarp(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, distance));
  }
  return value;
}

__device__ __forceinline__ float sumOfWarp(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, distance);
  }
  return value;
}

// The first of the largest values above minus infinity, for the whole warp; -1 where there is none.
__device__ __forceinline__ int best(const float* values, int count) {
  int lane = threadIdx.x % 32;
  float highest = lowest();
  int found = -1;
  for (int i = lane; i < count; i += 32) {
    if (values[i] > highest) {
      highest = values[i];
      found = i;
    }
  }
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    float other = __shfl_xor_sync(0xffffffffu, highest, distance);
    int at = __shfl_xor_sync(0xffffffffu, found, distance);
    if (at >= 0 && (found < 0 || other > highest || (other == highest && at < found))) {
      highest = other;
      found = at;
    }
  }
  return found;
}

// Best and second best of a group of candidates, by one lane.
__device__ __forceinline__ float scoreOfGroup(const float* candidates, int size, bool two) {
  float first = lowest();
  float second = lowest();
  for (int i = 0; i < size; i++) {
    float value = candidates[i];
    if (value > first) {
      second = first;
      first = value;
    } else if (value > second) {
      second = value;
    }
  }
  return two ? first + second : first;
}

// choice [rows][chosen], weights [rows][chosen]: the experts of each row, the best first, and what their results are
// multiplied with. logits [rows][experts]; correction [experts], or 0: none. A row whose scores are not numbers gets
// some experts and weights that are not numbers. Grid: ceil(rows / 4); 128 threads.
extern "C" __global__ void __launch_bounds__(32 * ROUTING_WARPS) route(
    int* choice, float* weights, const float* logits, const float* correction, long long experts64, long long chosen,
    long long sigmoid, long long groups, long long keptGroups, long long normalised, double factor, long long rows) {
  __shared__ float allScores[ROUTING_WARPS][MOST_EXPERTS];
  __shared__ float allCandidates[ROUTING_WARPS][MOST_EXPERTS];
  __shared__ float allGroups[ROUTING_WARPS][MOST_GROUPS];
  __shared__ bool allKept[ROUTING_WARPS][MOST_GROUPS];
  int warp = threadIdx.x / 32;
  int lane = threadIdx.x % 32;
  long long row = (long long)blockIdx.x * ROUTING_WARPS + warp;
  if (row >= rows) {
    return;
  }
  int experts = (int)experts64;
  float* scores = allScores[warp];
  float* candidates = allCandidates[warp];
  const float* from = logits + row * experts;
  float highest = lowest();
  for (int i = lane; i < experts; i += 32) {
    highest = fmaxf(highest, from[i]);
  }
  highest = highestOfWarp(highest);
  float sum = 0.0f;
  for (int i = lane; i < experts; i += 32) {
    float score = sigmoid ? 1.0f / (1.0f + expf(-from[i])) : expf(from[i] - highest);
    scores[i] = score;
    sum += score;
  }
  float inverse = sigmoid ? 1.0f : 1.0f / sumOfWarp(sum);
  for (int i = lane; i < experts; i += 32) {
    scores[i] *= inverse;
    candidates[i] = scores[i] + (correction != nullptr ? correction[i] : 0.0f);
  }
  __syncwarp();
  if (keptGroups < groups) {
    float* ofGroups = allGroups[warp];
    bool* kept = allKept[warp];
    int size = experts / (int)groups;
    for (int group = lane; group < groups; group += 32) {
      ofGroups[group] = scoreOfGroup(candidates + group * size, size, sigmoid);
      kept[group] = false;
    }
    __syncwarp();
    for (int i = 0; i < keptGroups; i++) {
      int group = best(ofGroups, (int)groups);
      __syncwarp();
      if (lane == 0 && group >= 0) {
        ofGroups[group] = lowest();
        kept[group] = true;
      }
      __syncwarp();
    }
    for (int i = lane; i < experts; i += 32) {
      candidates[i] = kept[i / size] ? candidates[i] : lowest();
    }
    __syncwarp();
  }
  float total = 0.0f;
  for (int rank = 0; rank < chosen; rank++) {
    int expert = best(candidates, experts);
    expert = expert < 0 ? rank : expert;
    __syncwarp();
    if (lane == 0) {
      candidates[expert] = lowest();
      choice[row * chosen + rank] = expert;
    }
    total += scores[expert];
    __syncwarp();
  }
  float scale = normalised ? (float)factor / (total + 1e-20f) : (float)factor;
  for (int rank = lane; rank < chosen; rank += 32) {
    weights[row * chosen + rank] = scores[choice[row * chosen + rank]] * scale;
  }
}

// The sum over the threads up to this one.
__device__ __forceinline__ int scan(int value, int* sums) {
  int lane = threadIdx.x % 32;
#pragma unroll
  for (int distance = 1; distance < 32; distance *= 2) {
    int other = __shfl_up_sync(0xffffffffu, value, distance);
    value += lane >= distance ? other : 0;
  }
  __syncthreads();
  if (lane == 31) {
    sums[threadIdx.x / 32] = value;
  }
  __syncthreads();
  int before = 0;
  for (int warp = 0; warp < threadIdx.x / 32; warp++) {
    before += sums[warp];
  }
  return before + value;
}

// Gives each choice a place, expert by expert. places [pairs]: of each choice; rowsAt [pairs]: the row that stands
// at a place; tiles [mostTiles]: {expert, first place, places, 0}, expert -1 in those that are not needed. In which
// order the rows of an expert stand is left to chance, and nothing depends on it.
// Grid: one block of 1024 threads; mostTiles at least min(experts, pairs) + pairs / tileRows.
extern "C" __global__ void __launch_bounds__(MOST_EXPERTS) group_rows(
    int* places, int* rowsAt, int4* tiles, const int* choice, long long experts, long long chosen, long long pairs,
    long long tileRows, long long mostTiles) {
  __shared__ int counts[MOST_EXPERTS];
  __shared__ int sums[32];
  int expert = threadIdx.x;
  counts[expert] = 0;
  __syncthreads();
  for (long long i = threadIdx.x; i < pairs; i += MOST_EXPERTS) {
    atomicAdd(counts + choice[i], 1);
  }
  __syncthreads();
  int count = counts[expert];
  int first = scan(count, sums) - count;
  int own = (count + (int)tileRows - 1) / (int)tileRows;
  int lastTile = scan(own, sums);
  int firstTile = lastTile - own;
  for (int tile = 0; tile < own; tile++) {
    int done = tile * (int)tileRows;
    tiles[firstTile + tile] = make_int4(expert, first + done, min((int)tileRows, count - done), 0);
  }
  __syncthreads();
  counts[expert] = first;
  if (expert == MOST_EXPERTS - 1) {
    sums[0] = lastTile;
  }
  __syncthreads();
  for (long long tile = sums[0] + threadIdx.x; tile < mostTiles; tile += MOST_EXPERTS) {
    tiles[tile] = make_int4(-1, 0, 0, 0);
  }
  for (long long i = threadIdx.x; i < pairs; i += MOST_EXPERTS) {
    int place = atomicAdd(counts + choice[i], 1);
    places[i] = place;
    rowsAt[place] = (int)(i / chosen);
  }
}

// out[row] = shared[row] + sum over the row's choices, in their order, of weight * results[place]. shared may be 0:
// nothing is added. Grid: rows; one thread for eight channels.
extern "C" __global__ void combine_experts(
    Element* out, const Element* shared, const Element* results, const int* places, const float* weights,
    long long chosen, long long hidden, long long rows) {
  long long row = blockIdx.x;
  for (long long column = 8 * threadIdx.x; column < hidden; column += 8 * blockDim.x) {
    float sums[8] = {};
    if (shared != nullptr) {
      toFloats(loadEight(shared + row * hidden + column), sums);
    }
    for (int i = 0; i < chosen; i++) {
      float values[8];
      toFloats(loadEight(results + places[row * chosen + i] * hidden + column), values);
      float weight = weights[row * chosen + i];
#pragma unroll
      for (int e = 0; e < 8; e++) {
        sums[e] += weight * values[e];
      }
    }
    storeEight(out + row * hidden + column, toEight(sums));
  }
}
