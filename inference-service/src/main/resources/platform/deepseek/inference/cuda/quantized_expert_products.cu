// Products of rows with the quantised matrices of the experts that they chose: as expert_products.cu, but what passes
// through the ring of shared memory are the blocks (weight_formats.cuh), half or a quarter of the bytes, and a lane makes
// elements of its part right before it multiplies it. So steps of answers take the time of reading blocks, and prompts,
// whose warps multiply each element that they make with up to 64 rows, need no memory for dequantised experts.
//
// A lane's part of a step of 64 inputs are 16 of one output, half a block, whose inputs are not those that the
// instruction's layout would give it. The sum over inputs has no order: rows are read in the same parts, two pieces of 16
// bytes for each row, so nothing is shuffled. Rows of shared memory are so far apart that the eight lanes of two rows which
// read pieces at a time meet all banks once.
//
// Matrices lie as those of dense layers, [experts][outputs][inputs]; inputs and outputs are multiples of 64.
#include "expert_tiles.cuh"
#include "weight_formats.cuh"

namespace {

// How lanes share the weights of an output in a step.
template <class Format>
struct Shared;

template <>
struct Shared<EightBits> {
  static constexpr int ROW_BYTES = STEP;
  static constexpr int X_PITCH = 2 * STEP + 16;

  // The eight inputs, of the step's eight times eight, that lane t of an output has first and second.
  static __device__ __forceinline__ int piece(int t, int which) { return 2 * t + which; }

  static __device__ __forceinline__ void unpack(
      unsigned (&pairs)[8], const char* row, unsigned scales, unsigned minimums, int t) {
    EightBits::unpack(pairs, *(const uint4*)(row + 16 * t), scales, minimums, t);
  }
};

template <>
struct Shared<FourBits> {
  static constexpr int ROW_BYTES = STEP / 2;
  static constexpr int X_PITCH = 2 * STEP + 32;

  // Eight bytes have eight inputs in their low halves, and those 16 further in their high ones.
  static __device__ __forceinline__ int piece(int t, int which) { return t / 2 * 4 + t % 2 + 2 * which; }

  static __device__ __forceinline__ void unpack(
      unsigned (&pairs)[8], const char* row, unsigned scales, unsigned minimums, int t) {
    uint2 raw = *(const uint2*)(row + 8 * t);
    unsigned all[16];
    FourBits::unpack(all, make_uint4(raw.x, raw.y, 0, 0), scales, minimums, t / 2);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      pairs[i] = all[i];
      pairs[4 + i] = all[8 + i];
    }
  }
};

__device__ __forceinline__ void copyWord(unsigned to, const void* from) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" : : "r"(to), "l"(from) : "memory");
}

// DOWN * ACROSS warps; a warp has ROWS / DOWN rows and OUTPUTS / ACROSS outputs. GATED: as in expert_products.cu.
// The ring has STAGES steps, which are waited for and copied by TOGETHER.
template <class Format, int ROWS, int OUTPUTS, int DOWN, int ACROSS, int STAGES, int TOGETHER, bool GATED>
struct QuantizedExpertProduct {
  using Part = Shared<Format>;
  static constexpr int ROW_TILES = ROWS / DOWN / 16;
  static constexpr int COLUMN_TILES = OUTPUTS / ACROSS / 8;
  static constexpr int FACTORS = Format::OFFSET ? 2 : 1;
  static constexpr int WEIGHTS_AT = ROWS * Part::X_PITCH;
  static constexpr int SCALES_AT = WEIGHTS_AT + OUTPUTS * Part::ROW_BYTES;
  static constexpr int STAGE_BYTES = SCALES_AT + FACTORS * OUTPUTS * 4;
  static constexpr int X_PASS = THREADS / (STEP / 8);  // rows that all threads copy at a time
  static constexpr int CHUNKS = Part::ROW_BYTES / 16;
  static constexpr int PASS = THREADS / CHUNKS;  // likewise of weights
  static_assert(OUTPUTS <= THREADS && OUTPUTS % PASS == 0 && ROWS % X_PASS == 0, "threads copy whole passes");
  static_assert(STAGES % TOGETHER == 0, "the ring is a whole number of turns");
  static constexpr int TURNS = STAGES / TOGETHER;

  // x: [rows][inputs], whose row of a place is rowsAt[place], or the place itself where that is 0.
  // tiles 0: all rows with the first expert.
  static __device__ __forceinline__ void run(
      Element* out, const Element* x, const char* weights, const __half* scales, const __half* minimums,
      const int4* tiles, const int* rowsAt, int inputs, int outputs, int rows) {
    int first = blockIdx.x * ROWS;
    int4 tile = tiles != nullptr ? tiles[blockIdx.x] : make_int4(0, first, min(ROWS, rows - first), 0);
    if (tile.x < 0) {
      return;
    }
    unsigned memory = (unsigned)__cvta_generic_to_shared(sharedMemory);
    int firstOutput = blockIdx.y * (GATED ? OUTPUTS / 2 : OUTPUTS);
    long long firstRow = (long long)tile.x * (GATED ? 2 : 1) * outputs;
    const char* matrix = weights + firstRow * inputs * Format::ROW_BITS / 8;
    int xLine = threadIdx.x / (STEP / 8);
    int xChunk = threadIdx.x % (STEP / 8);
    const Element* rowFrom[ROWS / X_PASS];
#pragma unroll
    for (int i = 0; i < ROWS / X_PASS; i++) {
      int place = tile.y + min(xLine + i * X_PASS, tile.z - 1);
      rowFrom[i] = x + (long long)(rowsAt != nullptr ? rowsAt[place] : place) * inputs + xChunk * 8;
    }
    int line = threadIdx.x / CHUNKS;
    int chunk = threadIdx.x % CHUNKS;
    const char* weightFrom[OUTPUTS / PASS];
#pragma unroll
    for (int i = 0; i < OUTPUTS / PASS; i++) {
      long long row = weightRow<GATED>(line + i * PASS, firstOutput, outputs);
      weightFrom[i] = matrix + row * inputs * Format::ROW_BITS / 8 + chunk * 16;
    }
    long long block = (firstRow + weightRow<GATED>(threadIdx.x, firstOutput, outputs)) * (inputs / 32);
    int steps = inputs / STEP;
    auto copy = [&](int turn) {
#pragma unroll
      for (int s = 0; s < TOGETHER; s++) {
        int step = turn * TOGETHER + s;
        if (step < steps) {
          unsigned to = memory + (turn % TURNS * TOGETHER + s) * STAGE_BYTES;
#pragma unroll
          for (int i = 0; i < OUTPUTS / PASS; i++) {
            copyAsync(
                to + WEIGHTS_AT + (line + i * PASS) * Part::ROW_BYTES + chunk * 16,
                weightFrom[i] + step * Part::ROW_BYTES);
          }
          if (threadIdx.x < OUTPUTS) {
            copyWord(to + SCALES_AT + threadIdx.x * 4, scales + block + 2 * step);
            if (Format::OFFSET) {
              copyWord(to + SCALES_AT + (OUTPUTS + threadIdx.x) * 4, minimums + block + 2 * step);
            }
          }
#pragma unroll
          for (int i = 0; i < ROWS / X_PASS; i++) {
            // Where rows are few, reading one again for those that a tile does not have takes as long as its weights.
            // What lies there instead gives sums that nobody stores.
            if (ROWS > X_PASS || xLine < tile.z) {
              copyAsync(to + (xLine + i * X_PASS) * Part::X_PITCH + xChunk * 16, rowFrom[i] + step * STEP);
            }
          }
        }
      }
      commitCopies();
    };
#pragma unroll
    for (int i = 0; i < TURNS - 1; i++) {
      copy(i);
    }
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int g = lane / 4;
    int t = lane % 4;
    int warpRow = warp / ACROSS * (ROWS / DOWN);
    int warpLine = warp % ACROSS * (OUTPUTS / ACROSS);
    float sums[ROW_TILES][COLUMN_TILES][4];
#pragma unroll
    for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
      for (int n = 0; n < COLUMN_TILES; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          sums[m][n][e] = 0.0f;
        }
      }
    }
    auto multiplyStep = [&](const char* stage) {
      const char* weightAt = stage + WEIGHTS_AT + (warpLine + g) * Part::ROW_BYTES;
      const unsigned* scaleAt = (const unsigned*)(stage + SCALES_AT) + warpLine + g;
      uint4 a[ROW_TILES][2][2];
#pragma unroll
      for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
          const char* row = stage + (warpRow + m * 16 + h * 8 + g) * Part::X_PITCH;
#pragma unroll
          for (int which = 0; which < 2; which++) {
            a[m][h][which] = *(const uint4*)(row + 16 * Part::piece(t, which));
          }
        }
      }
#pragma unroll
      for (int n = 0; n < COLUMN_TILES; n++) {
        unsigned pairs[8];
        Part::unpack(
            pairs, weightAt + n * 8 * Part::ROW_BYTES, scaleAt[n * 8], Format::OFFSET ? scaleAt[OUTPUTS + n * 8] : 0, t);
#pragma unroll
        for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
          for (int which = 0; which < 2; which++) {
            const uint4& upper = a[m][0][which];
            const uint4& lower = a[m][1][which];
            const unsigned* b = pairs + 4 * which;
            multiply(sums[m][n], upper.x, lower.x, upper.y, lower.y, b[0], b[1]);
            multiply(sums[m][n], upper.z, lower.z, upper.w, lower.w, b[2], b[3]);
          }
        }
      }
    };
    for (int turn = 0; turn * TOGETHER < steps; turn++) {
      awaitAllBut<TURNS - 2>();
      __syncthreads();
      copy(turn + TURNS - 1);
      const char* stage = sharedMemory + turn % TURNS * TOGETHER * STAGE_BYTES;
#pragma unroll
      for (int s = 0; s < TOGETHER; s++) {
        if (turn * TOGETHER + s < steps) {
          multiplyStep(stage + s * STAGE_BYTES);
        }
      }
    }
    store<GATED>(out, sums, tile, firstOutput, warpRow, warpLine, outputs);
  }
};

}  // namespace

// The kernels of expert_products.cu, with a scale and, in four bits, a minimum for each block. Where tiles are 0, rows
// are multiplied with the first expert, all of them, in their order. Dynamic shared memory, for each stage: the tile's
// rows in 144 (int4: 160) bytes each, and 68 (40) bytes for each output.
#define QUANTIZED(FORMAT, NAME, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, TOGETHER, BLOCKS)                              \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME##_expert_gate_up_##ROWS(                      \
      Element* out, const Element* x, const char* weights, const __half* scales, const __half* minimums,           \
      const int4* tiles, const int* rowsAt, long long hidden, long long intermediate, long long rows) {            \
    QuantizedExpertProduct<FORMAT, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, TOGETHER, true>::run(                      \
        out, x, weights, scales, minimums, tiles, rowsAt, (int)hidden, (int)intermediate, (int)rows);              \
  }                                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME##_expert_down_##ROWS(                         \
      Element* out, const Element* gated, const char* weights, const __half* scales, const __half* minimums,       \
      const int4* tiles, long long intermediate, long long hidden, long long rows) {                               \
    QuantizedExpertProduct<FORMAT, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, TOGETHER, false>::run(                     \
        out, gated, weights, scales, minimums, tiles, nullptr, (int)intermediate, (int)hidden, (int)rows);         \
  }

QUANTIZED(EightBits, int8, 16, 64, 1, 4, 8, 1, 3)
QUANTIZED(EightBits, int8, 64, 128, 2, 2, 4, 1, 2)
QUANTIZED(EightBits, int8, 128, 128, 2, 2, 3, 1, 2)
QUANTIZED(FourBits, int4, 16, 64, 1, 4, 12, 1, 3)
QUANTIZED(FourBits, int4, 64, 128, 2, 2, 4, 1, 2)
QUANTIZED(FourBits, int4, 128, 128, 2, 2, 3, 1, 2)
