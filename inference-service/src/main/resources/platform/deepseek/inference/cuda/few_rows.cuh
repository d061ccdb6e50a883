// Products of a few rows with a weight matrix: y[row][n] = sum over k of W[n][k] * x[row][k], with what
// comes before it (RMS norm) and after it (bias, SwiGLU, the residual sum) in the same kernel.
//
// For so few rows a product takes the time of reading W once, and a decode step is some hundred
// products of a few microseconds each. So everything here serves one end, to have W's bytes on
// their way from the first to the last moment:
//
// - W lies as published, [outputs][inputs]. A warp owns eight outputs (a tile) and walks along its
//   inputs, 512 bytes a step: lane (g, t) = (lane / 4, lane % 4) reads the 16 bytes of output g that
//   are its t-th piece of the step. What it reads is what it multiplies, so W passes through a ring in
//   shared memory by asynchronous copies without any barrier: the ring exists to have STAGES steps
//   under way, which registers and the compiler's order of loads would not guarantee.
// - The products are tensor core instructions (m16n8k16) with x as the rows and W as the 8 columns.
//   They sum over k in any order, so a lane's 16 bytes need no shuffling: x is read in the same pieces.
//   Rows beyond the real ones are zeros in registers; tensor cores have time to spare here.
// - W may be quantised (weight_formats.cuh): then its blocks' scales pass through the ring too, and a
//   lane makes elements of its 16 bytes right before it multiplies them.
// - Copies of W start before anything else: the norm of x runs while they are under way.
// - A tile can be split along k over 2 to 16 warps of a block, which add their sums in a fixed
//   order: the result of a row depends neither on the other rows nor on chance.
// - Where the device can (compute capability 9.0), a kernel starts before the one that it follows has
//   ended, and its first steps of W are on their way while that one drains. Only W may be read then.
//
// Limits: inputs are a multiple of 32 (64 where W is quantised), outputs of 8, addresses of 16 bytes.
#pragma once

#include "element.cuh"
#include "overlap.cuh"
#include "weight_formats.cuh"

namespace {

constexpr int WARP = 32;
constexpr int WARPS = 16;
constexpr int STEPS_UNDER_WAY = 12;
constexpr int THREADS = WARPS * WARP;
constexpr unsigned ALL_LANES = 0xFFFFFFFFu;

__device__ __forceinline__ unsigned sharedAddress(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

__device__ __forceinline__ void copyStreamed(void* to, const void* from) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;"
               :
               : "r"(sharedAddress(to)), "l"(__cvta_generic_to_global(from))
               : "memory");
}

__device__ __forceinline__ void copyKept(void* to, const void* from) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 16;"
               :
               : "r"(sharedAddress(to)), "l"(__cvta_generic_to_global(from))
               : "memory");
}

__device__ __forceinline__ void copyWord(unsigned* to, const void* from) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;"
               :
               : "r"(sharedAddress(to)), "l"(__cvta_generic_to_global(from))
               : "memory");
}

__device__ __forceinline__ void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int PENDING>
__device__ __forceinline__ void awaitCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

// sums[8 rows][8 outputs] += x[8][16] * w[16][8]. The instruction has 16 rows; eight are zeros.
__device__ __forceinline__ void multiply(float4& sums, unsigned x0, unsigned x1, unsigned w0, unsigned w1) {
#if defined(ELEMENT_BF16)
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%5}, "
      "{%7,%8}, {%0,%1,%2,%3};"
#else
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%5}, "
      "{%7,%8}, {%0,%1,%2,%3};"
#endif
      : "+f"(sums.x), "+f"(sums.y), "+f"(sums.z), "+f"(sums.w)
      : "r"(x0), "r"(0), "r"(x1), "r"(w0), "r"(w1));
}

// A barrier of some warps of the block.
__device__ __forceinline__ void awaitGroup(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

// What is multiplied, and how it is divided.
struct Problem {
  const char* weight;       // [outputs][inputs]
  const __half* scales;     // [outputs][inputs / 32], of quantised weights
  const __half* minimums;   // likewise, where the format has them
  int inputs;
  int outputs;
  int rows;
  int split;  // warps per tile: 1, 2, 4, 8, 16
};

// Bytes between two rows of x in shared memory: an odd multiple of 64, so that the eight lanes that
// read 16 bytes each at a time, of two rows, meet all banks once.
__device__ __forceinline__ int pitch(int inputs) { return 2 * inputs + (inputs % 64 == 0 ? 64 : 0); }

// Where input k of a row lies in shared memory. Where a lane multiplies several neighbouring pieces,
// they change places so that the four lanes of a row meet different banks.
template <class Format>
__device__ __forceinline__ int placeOf(int k) {
  int piece = k / 8;
  return 16 * (piece ^ piece / 4 % Format::CHUNKS) + 2 * (k % 8);
}

// The sum over the warps of a row, in a fixed order; warps of a row are neighbours.
__device__ __forceinline__ float rowSum(float value, float* sums, int warpsPerRow) {
#pragma unroll
  for (int offset = WARP / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(ALL_LANES, value, offset);
  }
  int warp = threadIdx.x / WARP;
  if (threadIdx.x % WARP == 0) {
    sums[warp] = value;
  }
  __syncthreads();
  int first = warp / warpsPerRow * warpsPerRow;
  float sum = 0.0f;
  for (int i = 0; i < warpsPerRow; i++) {
    sum += sums[first + i];
  }
  return sum;
}

__device__ __forceinline__ float squares(float4 x) {
  return x.x * x.x + x.y * x.y + x.z * x.z + x.w * x.w;
}

__device__ __forceinline__ void storeNormed(char* to, float4 x, float scale, float4 gamma) {
  *reinterpret_cast<uint2*>(to) = make_uint2(
      toWord(x.x * scale * gamma.x, x.y * scale * gamma.y),
      toWord(x.z * scale * gamma.z, x.w * scale * gamma.w));
}

// Writes the RMS norm of float32 rows into shared memory, by the whole block.
template <class Format>
__device__ __forceinline__ void stageNormed(
    char* x, float* sums, const float* residual, const float* gamma, double epsilon,
    const Problem& problem) {
  int inputs = problem.inputs;
  int rows = problem.rows;
  constexpr int KEPT = 4;
  int warpsPerRow = WARPS;
  while (warpsPerRow * rows > WARPS) {
    warpsPerRow /= 2;
  }
  int warp = threadIdx.x / WARP;
  int row = warp / warpsPerRow;
  int first = 4 * (threadIdx.x - row * warpsPerRow * WARP);
  int stride = 4 * WARP * warpsPerRow;
  const float* source = residual + static_cast<long long>(row) * inputs;
  float4 kept[KEPT];
  float4 factors[KEPT];
  float sum = 0.0f;
  if (row < rows) {
#pragma unroll
    for (int i = 0; i < KEPT; i++) {
      int k = first + i * stride;
      if (k < inputs) {
        kept[i] = *reinterpret_cast<const float4*>(source + k);
        factors[i] = *reinterpret_cast<const float4*>(gamma + k);
      }
    }
#pragma unroll
    for (int i = 0; i < KEPT; i++) {
      if (first + i * stride < inputs) {
        sum += squares(kept[i]);
      }
    }
    for (int k = first + KEPT * stride; k < inputs; k += stride) {
      sum += squares(*reinterpret_cast<const float4*>(source + k));
    }
  }
  float scale = rsqrtf(rowSum(sum, sums, warpsPerRow) / inputs + static_cast<float>(epsilon));
  if (row < rows) {
    char* target = x + row * pitch(inputs);
#pragma unroll
    for (int i = 0; i < KEPT; i++) {
      int k = first + i * stride;
      if (k < inputs) {
        storeNormed(target + placeOf<Format>(k), kept[i], scale, factors[i]);
      }
    }
    for (int k = first + KEPT * stride; k < inputs; k += stride) {
      storeNormed(
          target + placeOf<Format>(k), *reinterpret_cast<const float4*>(source + k), scale,
          *reinterpret_cast<const float4*>(gamma + k));
    }
  }
  __syncthreads();
}

// Copies rows into shared memory, by the whole block.
template <class Format>
__device__ __forceinline__ void stageCopied(char* x, const Element* source, const Problem& problem) {
  int inputs = problem.inputs;
  int pieces = inputs / 8;
  for (int i = threadIdx.x; i < problem.rows * pieces; i += THREADS) {
    int row = i / pieces;
    *reinterpret_cast<uint4*>(x + row * pitch(inputs) + placeOf<Format>(8 * (i - row * pieces))) =
        loadEight(source + 8ll * i);
  }
  __syncthreads();
}

// One product of eight rows at most.
// TILES: tiles that a warp computes at once, `apart` outputs from each other.
// STAGED: x lies in shared memory as a whole; else it passes through the ring with W.
// finish(row, output, sums of that output and the next one, for each of the tiles).
template <class Format, int TILES, bool STAGED, class Stage, class Finish>
__device__ __forceinline__ void product(
    const Problem& problem, int units, int unitOutputs, int apart, const Element* xGlobal, Stage stage, Finish finish) {
  static_assert(STAGED || Format::CHUNKS == 1, "the ring has room for one piece of x a step");
  constexpr int PIECES = TILES + (STAGED ? 0 : 1);
  constexpr int STAGES = STEPS_UNDER_WAY / PIECES;
  constexpr int WORDS = TILES * (Format::SCALED + Format::OFFSET);
  constexpr int PARTIALS = THREADS * TILES;
  extern __shared__ __align__(128) char shared[];
  int warp = threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  int g = lane / 4;
  int t = lane % 4;
  int inputs = problem.inputs;
  int split = problem.split;
  int group = warp / split;
  int slice = warp % split;

  // Shared memory: the rings, those of the scales, the sums of split tiles (twice), the sums of the
  // norm, x.
  uint4* ring = reinterpret_cast<uint4*>(shared) + warp * STAGES * PIECES * WARP + lane;
  char* behind = shared + 16 * THREADS * STAGES * PIECES;
  unsigned* words = reinterpret_cast<unsigned*>(behind) + warp * STAGES * WORDS * WARP + lane;
  behind += 4 * THREADS * STAGES * WORDS;
  float2* partial = reinterpret_cast<float2*>(behind);
  float* sumsOfSquares = reinterpret_cast<float*>(partial + 2 * PARTIALS);
  char* x = reinterpret_cast<char*>(sumsOfSquares + WARPS);

  int steps = (inputs + Format::STEP - 1) / Format::STEP;
  int begin = slice * steps / split;
  int count = (slice + 1) * steps / split - begin;
  int firstUnit = blockIdx.x + gridDim.x * group;
  int unitStride = gridDim.x * (WARPS / split);
  int own = firstUnit < units ? (units - firstUnit + unitStride - 1) / unitStride : 0;
  int total = own * count;

  long long rowBytes = static_cast<long long>(inputs) * Format::ROW_BITS / 8;
  long long firstRow = static_cast<long long>(firstUnit) * unitOutputs + g;
  const char* from = problem.weight + firstRow * rowBytes + 64 * begin + 16 * t;
  long long tileJump = apart * rowBytes;
  long long unitJump = static_cast<long long>(unitStride) * unitOutputs * rowBytes - 64 * count;
  // Of scales and minimums, two blocks a word; a step has Format::STEP / 32 blocks.
  int blocks = inputs / 32;
  long long block = firstRow * blocks + Format::STEP / 32 * begin + Format::CHUNKS * t / 4 / 2 * 2;
  long long tileBlocks = static_cast<long long>(apart) * blocks;
  long long unitBlocks =
      static_cast<long long>(unitStride) * unitOutputs * blocks - Format::STEP / 32 * count;
  int issued = 0;
  int issuedInUnit = 0;
  // Whether this lane's inputs of a step exist; where they do not, they are zeros.
  auto live = [&](int step) {
    return Format::CHUNKS == 1 || Format::STEP * (begin + step) + 8 * Format::CHUNKS * t < inputs;
  };
  auto issue = [&](int slot) {
    if (issued < total) {
      if (live(issuedInUnit)) {
        uint4* to = ring + slot * PIECES * WARP;
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
          copyStreamed(to + tile * WARP, from + tile * tileJump);
        }
        if (Format::SCALED) {
#pragma unroll
          for (int tile = 0; tile < TILES; tile++) {
            unsigned* word = words + (slot * WORDS + tile) * WARP;
            copyWord(word, problem.scales + block + tile * tileBlocks);
            if (Format::OFFSET) {
              copyWord(word + TILES * WARP, problem.minimums + block + tile * tileBlocks);
            }
          }
        }
      }
      issued++;
      from += 64;
      block += Format::STEP / 32;
      if (++issuedInUnit == count) {
        issuedInUnit = 0;
        from += unitJump;
        block += unitBlocks;
      }
    }
  };
  // The piece of x for a step of the tile; x is not there before the predecessor has ended.
  const Element* xFrom = xGlobal + static_cast<long long>(g) * inputs + 32 * begin + 8 * t;
  auto issueRows = [&](int slot, int step) {
    if (!STAGED && g < problem.rows) {
      copyKept(ring + (slot * PIECES + TILES) * WARP, xFrom + 32 * step);
    }
  };
#pragma unroll 1
  for (int i = 0; i < STAGES; i++) {
    issue(i);
    if (STAGED) {
      commitCopies();
    }
  }
  letSuccessorStart();
  awaitPredecessor();
  if (STAGED) {
    stage(x, sumsOfSquares);
  } else {
    // The first of these groups has all of W's first steps in it too.
#pragma unroll 1
    for (int i = 0; i < STAGES; i++) {
      issueRows(i, i % count);
      commitCopies();
    }
  }

  float4 sums[TILES];
  auto clear = [&]() {
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
      sums[tile] = make_float4(0, 0, 0, 0);
    }
  };
  clear();
  bool real = g < problem.rows;
  int turn = Format::CHUNKS == 4 ? t : Format::CHUNKS == 2 ? t / 2 : 0;  // as placeOf
  const char* xLane = x + g * pitch(inputs) + 16 * Format::CHUNKS * (4 * begin + t);
  int unit = firstUnit;
  int slot = 0;
  int step = 0;
  int parity = 0;
#pragma unroll 1
  for (int i = 0; i < total; i++) {
    awaitCopies<STAGES - 1>();
    const uint4* at = ring + slot * PIECES * WARP;
    bool there = live(step);
    unsigned pairs[TILES][4 * Format::CHUNKS];
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
      const unsigned* word = words + (slot * WORDS + tile) * WARP;
      Format::unpack(
          pairs[tile], there ? at[tile * WARP] : make_uint4(0, 0, 0, 0),
          Format::SCALED && there ? word[0] : 0, Format::OFFSET && there ? word[TILES * WARP] : 0, t);
    }
#pragma unroll
    for (int chunk = 0; chunk < Format::CHUNKS; chunk++) {
      uint4 row = make_uint4(0, 0, 0, 0);
      if (real && there) {
        row = STAGED ? *reinterpret_cast<const uint4*>(
                           xLane + 2 * Format::STEP * step + 16 * (chunk ^ turn))
                     : at[TILES * WARP];
      }
#pragma unroll
      for (int tile = 0; tile < TILES; tile++) {
        const unsigned* w = pairs[tile] + 4 * chunk;
        multiply(sums[tile], row.x, row.y, w[0], w[1]);
        multiply(sums[tile], row.z, row.w, w[2], w[3]);
      }
    }
    issueRows(slot, issuedInUnit);
    issue(slot);
    commitCopies();
    slot = slot + 1 == STAGES ? 0 : slot + 1;
    if (++step < count) {
      continue;
    }
    step = 0;
    float2 sum[TILES];
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
      sum[tile] = make_float2(sums[tile].x, sums[tile].y);
    }
    if (split > 1) {
      float2* mine = partial + parity * PARTIALS + (warp - slice) * TILES * WARP + lane;
      if (slice > 0) {
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
          mine[(slice * TILES + tile) * WARP] = sum[tile];
        }
      }
      awaitGroup(1 + group, split * WARP);
      if (slice == 0) {
        for (int other = 1; other < split; other++) {
#pragma unroll
          for (int tile = 0; tile < TILES; tile++) {
            float2 addend = mine[(other * TILES + tile) * WARP];
            sum[tile].x += addend.x;
            sum[tile].y += addend.y;
          }
        }
      }
      parity ^= 1;
    }
    if (slice == 0 && real) {
      finish(g, unit * unitOutputs + 2 * t, sum);
    }
    clear();
    unit += unitStride;
  }
}

__device__ __forceinline__ Problem problemOf(
    const void* weight, const __half* scales, const __half* minimums, long long inputs,
    long long outputs, long long rows, long long split) {
  return Problem{
      static_cast<const char*>(weight), scales, minimums, static_cast<int>(inputs),
      static_cast<int>(outputs), static_cast<int>(rows), static_cast<int>(split)};
}

// Writes T, with a bias where there is one.
struct Store {
  Element* out;
  const float* bias;
  int outputs;

  __device__ __forceinline__ void operator()(int row, int output, const float2* sums) const {
    float2 y = sums[0];
    if (bias != nullptr) {
      y.x += bias[output];
      y.y += bias[output + 1];
    }
    *reinterpret_cast<unsigned*>(out + static_cast<long long>(row) * outputs + output) = toWord(y.x, y.y);
  }
};

// Writes silu(gate) * up.
struct SwiGlu {
  Element* out;
  int intermediate;

  __device__ __forceinline__ float gated(float gate, float up) const {
    return up * gate / (1.0f + __expf(-gate));
  }

  __device__ __forceinline__ void operator()(int row, int output, const float2* sums) const {
    *reinterpret_cast<unsigned*>(out + static_cast<long long>(row) * intermediate + output) =
        toWord(gated(sums[0].x, sums[1].x), gated(sums[0].y, sums[1].y));
  }
};

// Adds to the float32 residual; in and out may be the same. The tiles lie one after the other.
template <int TILES>
struct AddToResidual {
  float* residualOut;
  const float* residualIn;
  int outputs;

  __device__ __forceinline__ void operator()(int row, int output, const float2* sums) const {
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
      long long at = static_cast<long long>(row) * outputs + output + 8 * tile;
      float2 x = *reinterpret_cast<const float2*>(residualIn + at);
      *reinterpret_cast<float2*>(residualOut + at) =
          make_float2(x.x + sums[tile].x, x.y + sums[tile].y);
    }
  }
};

}  // namespace
