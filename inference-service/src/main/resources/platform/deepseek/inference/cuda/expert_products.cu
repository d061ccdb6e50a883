// Products of rows with the matrices of the experts that they chose: each tile of group_rows is some rows of one expert,
// and a block multiplies one tile with a stretch of that expert's outputs, on the tensor cores. Rows and weights pass
// through a ring of shared memory (cp.async), 64 inputs a step.
//
// Three sizes of tiles. With 16 rows a block has 64 outputs and the time is that of reading weights: the ring is so long
// that enough bytes are under way. With 64 rows a block has 128 outputs. With 128 rows a warp has 64 rows and 64 outputs,
// and what comes out of shared memory serves twice as many products. Blocks of one expert's tiles that share weights are
// neighbours in the grid, so weights come from the second-level cache after the first.
//
// Matrices lie as published, [experts][outputs][inputs]; inputs and outputs are multiples of 8. Rows of shared memory
// are nine times 16 bytes apart, so that eight rows of a tile lie in different banks.
#include "expert_tiles.cuh"

namespace {

constexpr int PITCH = STEP * 2 + 16;

// Copies 16 bytes, or writes zeros.
__device__ __forceinline__ void copyOrClear(unsigned to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;"
               :
               : "r"(to), "l"(from), "r"(there ? 16 : 0)
               : "memory");
}

// DOWN * ACROSS warps; a warp has ROWS / DOWN rows and OUTPUTS / ACROSS outputs.
// GATED: weights are [experts][2 * outputs][inputs], and the result is silu(gate) * up; a block then has OUTPUTS / 2 of
// each.
template <int ROWS, int OUTPUTS, int DOWN, int ACROSS, int STAGES, bool GATED>
struct ExpertProduct {
  static constexpr int ROW_TILES = ROWS / DOWN / 16;
  static constexpr int OUTPUT_TILES = OUTPUTS / ACROSS / 16;
  static constexpr int STAGE_BYTES = (ROWS + OUTPUTS) * PITCH;
  static constexpr int PASS = THREADS / (STEP / 8);  // rows that all threads copy at a time

  // x: [rows][inputs], whose row of a place is rowsAt[place], or the place itself where that is 0.
  static __device__ __forceinline__ void run(
      Element* out, const Element* x, const Element* weights, const int4* tiles, const int* rowsAt, int inputs,
      int outputs) {
    int4 tile = tiles[blockIdx.x];
    if (tile.x < 0) {
      return;
    }
    unsigned memory = (unsigned)__cvta_generic_to_shared(sharedMemory);
    int firstOutput = blockIdx.y * (GATED ? OUTPUTS / 2 : OUTPUTS);
    int chunk = threadIdx.x % (STEP / 8);
    int line = threadIdx.x / (STEP / 8);
    const Element* matrix = weights + (long long)tile.x * (GATED ? 2 : 1) * outputs * inputs;
    const Element* rowFrom[ROWS / PASS];
    const Element* weightFrom[OUTPUTS / PASS];
#pragma unroll
    for (int i = 0; i < ROWS / PASS; i++) {
      int place = tile.y + min(line + i * PASS, tile.z - 1);
      rowFrom[i] = x + (long long)(rowsAt != nullptr ? rowsAt[place] : place) * inputs + chunk * 8;
    }
#pragma unroll
    for (int i = 0; i < OUTPUTS / PASS; i++) {
      weightFrom[i] = matrix + weightRow<GATED>(line + i * PASS, firstOutput, outputs) * inputs + chunk * 8;
    }
    int steps = (inputs + STEP - 1) / STEP;
    auto copy = [&](int step) {
      if (step < steps) {
        unsigned to = memory + step % STAGES * STAGE_BYTES + line * PITCH + chunk * 16;
        bool there = step * STEP + chunk * 8 < inputs;
        int at = there ? step * STEP : 0;
#pragma unroll
        for (int i = 0; i < ROWS / PASS; i++) {
          // Where rows are few, reading one again for those that a tile does not have takes as long as its weights.
          // What lies there instead gives sums that nobody stores.
          if (ROWS > PASS || line < tile.z) {
            copyOrClear(to + i * PASS * PITCH, rowFrom[i] + at, there);
          }
        }
#pragma unroll
        for (int i = 0; i < OUTPUTS / PASS; i++) {
          copyOrClear(to + (ROWS + i * PASS) * PITCH, weightFrom[i] + at, there);
        }
      }
      commitCopies();
    };
#pragma unroll
    for (int i = 0; i < STAGES - 1; i++) {
      copy(i);
    }
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int warpRow = warp / ACROSS * (ROWS / DOWN);
    int warpOutput = warp % ACROSS * (OUTPUTS / ACROSS);
    float sums[ROW_TILES][2 * OUTPUT_TILES][4];
#pragma unroll
    for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
      for (int n = 0; n < 2 * OUTPUT_TILES; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          sums[m][n][e] = 0.0f;
        }
      }
    }
    unsigned rowAt = memory + (warpRow + lane % 16) * PITCH + lane / 16 * 16;
    unsigned weightAt = memory + (ROWS + warpOutput + lane % 8 + lane / 16 * 8) * PITCH + lane / 8 % 2 * 16;
    for (int step = 0; step < steps; step++) {
      awaitAllBut<STAGES - 2>();
      __syncthreads();
      copy(step + STAGES - 1);
      unsigned stage = step % STAGES * STAGE_BYTES;
#pragma unroll
      for (int k = 0; k < STEP / 16; k++) {
        Pair a[ROW_TILES][4];
#pragma unroll
        for (int m = 0; m < ROW_TILES; m++) {
          loadTiles(a[m], rowAt + stage + m * 16 * PITCH + k * 32);
        }
#pragma unroll
        for (int n = 0; n < OUTPUT_TILES; n++) {
          Pair b[4];
          loadTiles(b, weightAt + stage + n * 16 * PITCH + k * 32);
#pragma unroll
          for (int m = 0; m < ROW_TILES; m++) {
            multiply(sums[m][2 * n], a[m][0], a[m][1], a[m][2], a[m][3], b[0], b[1]);
            multiply(sums[m][2 * n + 1], a[m][0], a[m][1], a[m][2], a[m][3], b[2], b[3]);
          }
        }
      }
    }
    store<GATED>(out, sums, tile, firstOutput, warpRow, warpOutput, outputs);
  }
};

}  // namespace

// out [pairs][intermediate] = silu(x GATE) * (x UP). Grid: tiles, ceil(intermediate / 32 (64)); 128 threads; dynamic
// shared memory: 8 stages of 80 * 144 bytes, 3 of 192 * 144 or 3 of 256 * 144.
#define GATE_UP(NAME, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, BLOCKS)                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME(                                              \
      Element* out, const Element* x, const Element* weights, const int4* tiles, const int* rowsAt,               \
      long long hidden, long long intermediate) {                                                                  \
    ExpertProduct<ROWS, OUTPUTS, DOWN, ACROSS, STAGES, true>::run(                                                 \
        out, x, weights, tiles, rowsAt, (int)hidden, (int)intermediate);                                           \
  }

GATE_UP(expert_gate_up_16, 16, 64, 1, 4, 8, 2)
GATE_UP(expert_gate_up_64, 64, 128, 2, 2, 3, 2)
GATE_UP(expert_gate_up_128, 128, 128, 2, 2, 3, 2)

// out [pairs][hidden] = gated DOWN. Grid: tiles, ceil(hidden / 64 (128)); otherwise the same.
#define EXPERT_DOWN(NAME, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, BLOCKS)                                             \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME(                                              \
      Element* out, const Element* gated, const Element* weights, const int4* tiles, long long intermediate,      \
      long long hidden) {                                                                                          \
    ExpertProduct<ROWS, OUTPUTS, DOWN, ACROSS, STAGES, false>::run(                                                \
        out, gated, weights, tiles, nullptr, (int)intermediate, (int)hidden);                                      \
  }

EXPERT_DOWN(expert_down_16, 16, 64, 1, 4, 8, 2)
EXPERT_DOWN(expert_down_64, 64, 128, 2, 2, 3, 2)
EXPERT_DOWN(expert_down_128, 128, 128, 2, 2, 3, 2)
