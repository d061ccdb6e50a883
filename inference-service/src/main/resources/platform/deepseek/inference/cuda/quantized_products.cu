// Products of few rows with quantised weights (weight_formats.cuh), which are never written as elements;
// and, for many rows, the whole matrix as elements, for a product of the library.
#include "few_rows.cuh"

namespace {

// A thread makes eight elements, so that neighbours write neighbouring 16 bytes.
template <class Format>
__device__ __forceinline__ void dequantize(
    Element* out, const char* weight, const __half* scales, const __half* minimums, long long elements) {
  long long stride = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < elements / 8;
       i += stride) {
    long long block = i / 4;
    int quarter = static_cast<int>(i % 4);
    uint2 raw;
    if (Format::ROW_BITS == 4) {
      // The low halves of eight bytes are an eight of inputs, the high halves another one.
      raw = reinterpret_cast<const uint2*>(weight)[2 * block + quarter % 2];
      raw.x >>= 4 * (quarter / 2);
      raw.y >>= 4 * (quarter / 2);
    } else {
      raw = reinterpret_cast<const uint2*>(weight)[i];
    }
    // The block's factors in both halves of a word, whichever a lane would take.
    unsigned scale = __half_as_ushort(scales[block]) * 0x10001u;
    unsigned minimum = Format::OFFSET ? __half_as_ushort(minimums[block]) * 0x10001u : 0;
    unsigned pairs[4 * Format::CHUNKS];
    Format::unpack(pairs, make_uint4(raw.x, raw.y, 0, 0), scale, minimum, 0);
    storeEight(out + 8 * i, make_uint4(pairs[0], pairs[1], pairs[2], pairs[3]));
  }
}

}  // namespace

// As the kernels of the same names in products.cu, with a scale and, in four bits, a minimum per block.
#define QUANTIZED(FORMAT, NAME)                                                                        \
  extern "C" __global__ __launch_bounds__(THREADS, 1)      void NAME##_few_rows_product(               \
      Element* out, const Element* x, const char* weight, const __half* scales,                        \
      const __half* minimums, const float* bias, long long inputs, long long outputs, long long rows,  \
      long long split) {                                                                               \
    Problem problem = problemOf(weight, scales, minimums, inputs, outputs, rows, split);               \
    product<FORMAT, 1, true>(                                                                          \
        problem, problem.outputs / 8, 8, 0, nullptr,                                                   \
        [&](char* staged, float*) { stageCopied<FORMAT>(staged, x, problem); },                        \
        Store{out, bias, problem.outputs});                                                            \
  }                                                                                                    \
  extern "C" __global__ __launch_bounds__(THREADS, 1)      void NAME##_few_rows_norm_product(          \
      Element* out, const float* residual, const float* gamma, double epsilon, const char* weight,     \
      const __half* scales, const __half* minimums, const float* bias, long long inputs,               \
      long long outputs, long long rows, long long split) {                                            \
    Problem problem = problemOf(weight, scales, minimums, inputs, outputs, rows, split);               \
    product<FORMAT, 1, true>(                                                                          \
        problem, problem.outputs / 8, 8, 0, nullptr,                                                   \
        [&](char* staged, float* sums) {                                                               \
          stageNormed<FORMAT>(staged, sums, residual, gamma, epsilon, problem);                        \
        },                                                                                             \
        Store{out, bias, problem.outputs});                                                            \
  }                                                                                                    \
  extern "C" __global__ __launch_bounds__(THREADS, 1)      void NAME##_few_rows_norm_swiglu_product(   \
      Element* out, const float* residual, const float* gamma, double epsilon, const char* weight,     \
      const __half* scales, const __half* minimums, long long inputs, long long intermediate,          \
      long long rows, long long split) {                                                               \
    Problem problem = problemOf(weight, scales, minimums, inputs, 2 * intermediate, rows, split);      \
    int half = problem.outputs / 2;                                                                    \
    product<FORMAT, 2, true>(                                                                          \
        problem, half / 8, 8, half, nullptr,                                                           \
        [&](char* staged, float* sums) {                                                               \
          stageNormed<FORMAT>(staged, sums, residual, gamma, epsilon, problem);                        \
        },                                                                                             \
        SwiGlu{out, half});                                                                            \
  }                                                                                                    \
  extern "C" __global__ __launch_bounds__(THREADS, 1)      void NAME##_few_rows_residual_product(      \
      float* residualOut, const float* residualIn, const Element* x, const char* weight,               \
      const __half* scales, const __half* minimums, long long inputs, long long outputs,               \
      long long rows, long long split) {                                                               \
    Problem problem = problemOf(weight, scales, minimums, inputs, outputs, rows, split);               \
    product<FORMAT, 1, true>(                                                                          \
        problem, problem.outputs / 8, 8, 0, nullptr,                                                   \
        [&](char* staged, float*) { stageCopied<FORMAT>(staged, x, problem); },                        \
        AddToResidual<1>{residualOut, residualIn, problem.outputs});                                   \
  }                                                                                                    \
  extern "C" __global__ void NAME##_dequantize(                                                        \
      Element* out, const char* weight, const __half* scales, const __half* minimums,                  \
      long long elements) {                                                                            \
    dequantize<FORMAT>(out, weight, scales, minimums, elements);                                       \
  }

QUANTIZED(EightBits, int8)
QUANTIZED(FourBits, int4)
