// Products of rows with the quantised matrices of the experts that they chose: as expert_products.cu, but what passes
// through the ring of shared memory are the blocks (weight_formats.cuh), half or a quarter of the bytes, and a lane makes
// elements of its part right before it multiplies it. So steps of answers take the time of reading blocks, and prompts,
// whose warps multiply each element that they make with up to 64 rows, need no memory for dequantised experts.
//
// A lane's part of 64 inputs are 16 of one output, half a block, whose inputs are not those that the instruction's layout
// would give it. The sum over inputs has no order: rows are read in the same parts, two pieces of 16 bytes for each row, so
// nothing is shuffled. Rows of shared memory are so far apart, or change the places of their halves, that lanes which read
// at a time meet all banks once.
//
// A step is 128 inputs where rows are few: what takes time there is how many lines are asked for, the weights', the
// scales' and the minimums' of each output, and not how long they are.
//
// Matrices lie as those of dense layers, [experts][outputs][inputs]; inputs and outputs are multiples of 64.
#include "expert_tiles.cuh"
#include "weight_formats.cuh"

namespace {

// How lanes share 64 inputs (STEP) of the weights of an output.
template <class Format>
struct Shared;

template <>
struct Shared<EightBits> {
  static constexpr int BYTES = STEP;
  static constexpr int X_GAP = 16;

  // The eight inputs, of eight times eight, that lane t of an output has first and second.
  static __device__ __forceinline__ int piece(int t, int which) { return 2 * t + which; }

  // Where a row of two such parts has them: two rows are read at a time, each 64 bytes.
  static __device__ __forceinline__ int place(int part, int row) { return part ^ row % 2; }

  static __device__ __forceinline__ void unpack(
      unsigned (&pairs)[8], const char* part, unsigned scales, unsigned minimums, int t) {
    EightBits::unpack(pairs, *(const uint4*)(part + 16 * t), scales, minimums, t);
  }
};

template <>
struct Shared<FourBits> {
  static constexpr int BYTES = STEP / 2;
  static constexpr int X_GAP = 32;

  // Eight bytes have eight inputs in their low halves, and those 16 further in their high ones.
  static __device__ __forceinline__ int piece(int t, int which) { return t / 2 * 4 + t % 2 + 2 * which; }

  // Four rows are read at a time, each 32 bytes.
  static __device__ __forceinline__ int place(int part, int row) { return part ^ row / 2 % 2; }

  static __device__ __forceinline__ void unpack(
      unsigned (&pairs)[8], const char* part, unsigned scales, unsigned minimums, int t) {
    uint2 raw = *(const uint2*)(part + 8 * t);
    unsigned all[16];
    FourBits::unpack(all, make_uint4(raw.x, raw.y, 0, 0), scales, minimums, t / 2);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      pairs[i] = all[i];
      pairs[4 + i] = all[8 + i];
    }
  }
};

// Copies an output's factors of a step, in one piece where they lie so that it can be.
// both: of 128 inputs; else of the first 64.
template <int PARTS>
__device__ __forceinline__ void copyFactors(unsigned to, const __half* from, bool both, bool aligned) {
  if (PARTS == 2 && both && aligned) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" : : "r"(to), "l"(from) : "memory");
    return;
  }
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" : : "r"(to), "l"(from) : "memory");
  if (PARTS == 2 && both) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" : : "r"(to + 4), "l"(from + 2) : "memory");
  }
}

// DOWN * ACROSS warps; a warp has ROWS / DOWN rows and OUTPUTS / ACROSS outputs. GATED: as in expert_products.cu.
// The ring has STAGES steps of PARTS * 64 inputs.
template <class Format, int ROWS, int OUTPUTS, int DOWN, int ACROSS, int STAGES, int PARTS, bool GATED>
struct QuantizedExpertProduct {
  using Part = Shared<Format>;
  static constexpr int INPUTS = PARTS * STEP;
  static constexpr int ROW_TILES = ROWS / DOWN / 16;
  static constexpr int COLUMN_TILES = OUTPUTS / ACROSS / 8;
  static constexpr int FACTORS = Format::OFFSET ? 2 : 1;
  static constexpr int X_PITCH = 2 * INPUTS + Part::X_GAP;
  static constexpr int ROW_BYTES = PARTS * Part::BYTES;
  static constexpr int WEIGHTS_AT = ROWS * X_PITCH;
  static constexpr int SCALES_AT = WEIGHTS_AT + OUTPUTS * ROW_BYTES;
  static constexpr int MINIMUMS_AT = SCALES_AT + OUTPUTS * PARTS * 4;
  static constexpr int STAGE_BYTES = SCALES_AT + FACTORS * OUTPUTS * PARTS * 4;
  static constexpr int X_CHUNKS = INPUTS / 8;
  static constexpr int X_PASS = THREADS / X_CHUNKS;  // rows that all threads copy at a time
  static constexpr int CHUNKS = ROW_BYTES / 16;
  static constexpr int PASS = THREADS / CHUNKS;  // likewise of weights
  static_assert(OUTPUTS <= THREADS && OUTPUTS % PASS == 0 && ROWS % X_PASS == 0, "threads copy whole passes");

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
    int xLine = threadIdx.x / X_CHUNKS;
    int xChunk = threadIdx.x % X_CHUNKS;
    const Element* rowFrom[ROWS / X_PASS];
#pragma unroll
    for (int i = 0; i < ROWS / X_PASS; i++) {
      int place = tile.y + min(xLine + i * X_PASS, tile.z - 1);
      rowFrom[i] = x + (long long)(rowsAt != nullptr ? rowsAt[place] : place) * inputs + xChunk * 8;
    }
    int line = threadIdx.x / CHUNKS;
    int chunk = threadIdx.x % CHUNKS;
    int part = chunk / (CHUNKS / PARTS);
    const char* weightFrom[OUTPUTS / PASS];
#pragma unroll
    for (int i = 0; i < OUTPUTS / PASS; i++) {
      long long row = weightRow<GATED>(line + i * PASS, firstOutput, outputs);
      weightFrom[i] = matrix + row * inputs * Format::ROW_BITS / 8 + chunk * 16;
    }
    auto weightTo = [&](int row) {
      int place = PARTS == 1 ? 0 : Part::place(part, row);
      return WEIGHTS_AT + row * ROW_BYTES + place * Part::BYTES + chunk % (CHUNKS / PARTS) * 16;
    };
    long long block = (firstRow + weightRow<GATED>(threadIdx.x, firstOutput, outputs)) * (inputs / 32);
    int parts = inputs / STEP;
    int steps = (parts + PARTS - 1) / PARTS;
    auto copy = [&](int step) {
      if (step < steps) {
        unsigned to = memory + step % STAGES * STAGE_BYTES;
        // The last step may have one part only.
        bool whole = PARTS == 1 || (step + 1) * PARTS <= parts;
        if (whole || part == 0) {
#pragma unroll
          for (int i = 0; i < OUTPUTS / PASS; i++) {
            copyAsync(to + weightTo(line + i * PASS), weightFrom[i] + step * ROW_BYTES);
          }
        }
        if (threadIdx.x < OUTPUTS) {
          bool aligned = parts % 2 == 0;
          long long at = block + step * (INPUTS / 32);
          copyFactors<PARTS>(to + SCALES_AT + threadIdx.x * PARTS * 4, scales + at, whole, aligned);
          if (Format::OFFSET) {
            copyFactors<PARTS>(to + MINIMUMS_AT + threadIdx.x * PARTS * 4, minimums + at, whole, aligned);
          }
        }
        if (whole || xChunk < STEP / 8) {
#pragma unroll
          for (int i = 0; i < ROWS / X_PASS; i++) {
            // Where rows are few, reading one again for those that a tile does not have takes as long as its weights.
            // What lies there instead gives sums that nobody stores.
            if (ROWS > 16 || xLine + i * X_PASS < tile.z) {
              copyAsync(to + (xLine + i * X_PASS) * X_PITCH + xChunk * 16, rowFrom[i] + step * INPUTS);
            }
          }
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
    auto multiplyPart = [&](const char* stage, int which) {
      const char* xAt = stage + (warpRow + g) * X_PITCH + which * STEP * 2;
      int place = PARTS == 1 ? 0 : Part::place(which, g);
      const char* weightAt = stage + WEIGHTS_AT + (warpLine + g) * ROW_BYTES + place * Part::BYTES;
      const unsigned* scaleAt = (const unsigned*)(stage + SCALES_AT) + (warpLine + g) * PARTS + which;
      uint4 a[ROW_TILES][2][2];
#pragma unroll
      for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
#pragma unroll
          for (int i = 0; i < 2; i++) {
            a[m][h][i] = *(const uint4*)(xAt + (m * 16 + h * 8) * X_PITCH + 16 * Part::piece(t, i));
          }
        }
      }
#pragma unroll
      for (int n = 0; n < COLUMN_TILES; n++) {
        unsigned pairs[8];
        Part::unpack(
            pairs, weightAt + n * 8 * ROW_BYTES, scaleAt[n * 8 * PARTS],
            Format::OFFSET ? scaleAt[(OUTPUTS + n * 8) * PARTS] : 0, t);
#pragma unroll
        for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
          for (int i = 0; i < 2; i++) {
            const uint4& upper = a[m][0][i];
            const uint4& lower = a[m][1][i];
            const unsigned* b = pairs + 4 * i;
            multiply(sums[m][n], upper.x, lower.x, upper.y, lower.y, b[0], b[1]);
            multiply(sums[m][n], upper.z, lower.z, upper.w, lower.w, b[2], b[3]);
          }
        }
      }
    };
    for (int step = 0; step < steps; step++) {
      awaitAllBut<STAGES - 2>();
      __syncthreads();
      copy(step + STAGES - 1);
      const char* stage = sharedMemory + step % STAGES * STAGE_BYTES;
#pragma unroll
      for (int which = 0; which < PARTS; which++) {
        if (step * PARTS + which < parts) {
          multiplyPart(stage, which);
        }
      }
    }
    store<GATED>(out, sums, tile, firstOutput, warpRow, warpLine, outputs);
  }
};

}  // namespace

// The kernels of expert_products.cu, with a scale and, in four bits, a minimum for each block. Where tiles are 0, rows
// are multiplied with the first expert, all of them, in their order. Dynamic shared memory, for each stage: for each of the
// tile's rows, of 64 inputs 144 bytes (int4: 160), of 128 inputs 272 (288); for each output 68 (40), of 128 inputs 136 (80).
#define QUANTIZED(FORMAT, NAME, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, PARTS, BLOCKS)                                 \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME##_expert_gate_up_##ROWS(                      \
      Element* out, const Element* x, const char* weights, const __half* scales, const __half* minimums,           \
      const int4* tiles, const int* rowsAt, long long hidden, long long intermediate, long long rows) {            \
    QuantizedExpertProduct<FORMAT, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, PARTS, true>::run(                         \
        out, x, weights, scales, minimums, tiles, rowsAt, (int)hidden, (int)intermediate, (int)rows);              \
  }                                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME##_expert_down_##ROWS(                         \
      Element* out, const Element* gated, const char* weights, const __half* scales, const __half* minimums,       \
      const int4* tiles, long long intermediate, long long hidden, long long rows) {                               \
    QuantizedExpertProduct<FORMAT, ROWS, OUTPUTS, DOWN, ACROSS, STAGES, PARTS, false>::run(                        \
        out, gated, weights, scales, minimums, tiles, nullptr, (int)intermediate, (int)hidden, (int)rows);         \
  }

QUANTIZED(EightBits, int8, 16, 64, 1, 4, 4, 2, 4)
QUANTIZED(EightBits, int8, 64, 128, 2, 2, 4, 1, 2)
QUANTIZED(EightBits, int8, 128, 128, 2, 2, 3, 1, 2)
QUANTIZED(FourBits, int4, 16, 64, 1, 4, 5, 2, 4)
QUANTIZED(FourBits, int4, 64, 128, 2, 2, 4, 1, 2)
QUANTIZED(FourBits, int4, 128, 128, 2, 2, 3, 1, 2)
