// What products with experts have in common, whatever their weights lie as (expert_products.cu,
// quantized_expert_products.cu): how a block finds its outputs' weights, and how it stores its sums.
#pragma once

#include "tensor.cuh"

namespace {

constexpr int STEP = 64;  // inputs
constexpr int THREADS = 128;

template <int PENDING>
__device__ __forceinline__ void awaitAllBut() {
  asm volatile("cp.async.wait_group %0;" : : "n"(PENDING) : "memory");
}

// The row of an expert's matrix that a block's line is of. GATED: the matrix is [2 * outputs][inputs], the gates first,
// and a block has eight gates and their eight ups in turn, so that a thread has both of a pair.
template <bool GATED>
__device__ __forceinline__ long long weightRow(int line, int firstOutput, int outputs) {
  int output = GATED ? firstOutput + line / 16 * 8 + line % 8 : firstOutput + line;
  return min(output, outputs - 1) + (GATED && line % 16 >= 8 ? outputs : 0);
}

__device__ __forceinline__ float gated(float gate, float up) {
  return up * gate / (1.0f + __expf(-gate));
}

// Writes a warp's sums, whose first row and line are given, to the tile's places; GATED: silu(gate) * up of them.
template <bool GATED, int ROW_TILES, int COLUMN_TILES>
__device__ __forceinline__ void store(
    Element* out, const float (&sums)[ROW_TILES][COLUMN_TILES][4], const int4& tile, int firstOutput, int warpRow,
    int warpLine, int outputs) {
  int lane = threadIdx.x % 32;
#pragma unroll
  for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int row = warpRow + m * 16 + h * 8 + lane / 4;
      if (row >= tile.z) {
        continue;
      }
      Element* to = out + (long long)(tile.y + row) * outputs;
#pragma unroll
      for (int n = 0; n < COLUMN_TILES; n++) {
        if (GATED && n % 2 == 0) {
          int output = firstOutput + warpLine / 2 + n / 2 * 8 + lane % 4 * 2;
          if (output < outputs) {
            *(Pair*)(to + output) = toWord(
                gated(sums[m][n][2 * h], sums[m][n + 1][2 * h]),
                gated(sums[m][n][2 * h + 1], sums[m][n + 1][2 * h + 1]));
          }
        }
        if (!GATED) {
          int output = firstOutput + warpLine + n * 8 + lane % 4 * 2;
          if (output < outputs) {
            *(Pair*)(to + output) = toWord(sums[m][n][2 * h], sums[m][n][2 * h + 1]);
          }
        }
      }
    }
  }
}

}  // namespace
