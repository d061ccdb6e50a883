// Products of up to eight rows with weights as published; few_rows.cuh says how. The last argument is
// always the number of warps that share a tile.
#include "few_rows.cuh"

// out = x * W + bias (0: none).
extern "C" __global__ __launch_bounds__(THREADS, 1) void few_rows_product(
    Element* out, const Element* x, const Element* weight, const float* bias, long long inputs,
    long long outputs, long long rows, long long split) {
  Problem problem = problemOf(weight, nullptr, nullptr, inputs, outputs, rows, split);
  product<Published, 1, true>(
      problem, problem.outputs / 8, 8, 0, nullptr,
      [&](char* staged, float*) { stageCopied<Published>(staged, x, problem); },
      Store{out, bias, problem.outputs});
}

// out = rmsnorm(residual) * gamma * W + bias (0: none).
extern "C" __global__ __launch_bounds__(THREADS, 1) void few_rows_norm_product(
    Element* out, const float* residual, const float* gamma, double epsilon, const Element* weight,
    const float* bias, long long inputs, long long outputs, long long rows, long long split) {
  Problem problem = problemOf(weight, nullptr, nullptr, inputs, outputs, rows, split);
  product<Published, 1, true>(
      problem, problem.outputs / 8, 8, 0, nullptr,
      [&](char* staged, float* sums) {
        stageNormed<Published>(staged, sums, residual, gamma, epsilon, problem);
      },
      Store{out, bias, problem.outputs});
}

// n = rmsnorm(residual) * gamma; out = silu(n * gate) * (n * up); gate are W's first `intermediate`
// outputs, up the others.
extern "C" __global__ __launch_bounds__(THREADS, 1) void few_rows_norm_swiglu_product(
    Element* out, const float* residual, const float* gamma, double epsilon, const Element* weight,
    long long inputs, long long intermediate, long long rows, long long split) {
  Problem problem = problemOf(weight, nullptr, nullptr, inputs, 2 * intermediate, rows, split);
  int half = problem.outputs / 2;
  product<Published, 2, true>(
      problem, half / 8, 8, half, nullptr,
      [&](char* staged, float* sums) {
        stageNormed<Published>(staged, sums, residual, gamma, epsilon, problem);
      },
      SwiGlu{out, half});
}

// residualOut = residualIn + x * W. x passes through the rings: inputs may be many.
extern "C" __global__ __launch_bounds__(THREADS, 1) void few_rows_residual_product(
    float* residualOut, const float* residualIn, const Element* x, const Element* weight,
    long long inputs, long long outputs, long long rows, long long split) {
  Problem problem = problemOf(weight, nullptr, nullptr, inputs, outputs, rows, split);
  product<Published, 1, false>(
      problem, problem.outputs / 8, 8, 0, x, [](char*, float*) {},
      AddToResidual<1>{residualOut, residualIn, problem.outputs});
}

// The same, 16 outputs at a time: x is read half as often, and outputs are a multiple of 16.
extern "C" __global__ __launch_bounds__(THREADS, 1) void few_rows_residual_product_wide(
    float* residualOut, const float* residualIn, const Element* x, const Element* weight,
    long long inputs, long long outputs, long long rows, long long split) {
  Problem problem = problemOf(weight, nullptr, nullptr, inputs, outputs, rows, split);
  product<Published, 2, false>(
      problem, problem.outputs / 16, 16, 8, x, [](char*, float*) {},
      AddToResidual<2>{residualOut, residualIn, problem.outputs});
}
