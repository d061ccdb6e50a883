// What a decoder does between its products, each in one pass over the data. Accesses are 16 bytes
// wide, so rows have a multiple of eight elements, and every array starts at a multiple of 16 bytes.
#include "element.cuh"
#include "overlap.cuh"

namespace {

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xFFFFFFFFu;

struct Vector {
  float values[8];
};

__device__ __forceinline__ Vector load(const Element* from) {
  Vector vector;
  toFloats(loadEight(from), vector.values);
  return vector;
}

__device__ __forceinline__ Vector load(const float* from) {
  const float4* source = reinterpret_cast<const float4*>(from);
  float4 low = source[0];
  float4 high = source[1];
  return Vector{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
}

__device__ __forceinline__ void store(Element* to, const Vector& vector) {
  storeEight(to, toEight(vector.values));
}

__device__ __forceinline__ void store(float* to, const Vector& vector) {
  const float* values = vector.values;
  float4* target = reinterpret_cast<float4*>(to);
  target[0] = make_float4(values[0], values[1], values[2], values[3]);
  target[1] = make_float4(values[4], values[5], values[6], values[7]);
}

#if defined(ELEMENT_BF16)
__device__ __forceinline__ void store(__half* to, const Vector& vector) {
  unsigned int words[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    __half2 pair = __floats2half2_rn(vector.values[2 * i], vector.values[2 * i + 1]);
    words[i] = *reinterpret_cast<unsigned int*>(&pair);
  }
  *reinterpret_cast<uint4*>(to) = make_uint4(words[0], words[1], words[2], words[3]);
}
#endif

// The sum over a block of up to 1,024 threads, for each of them; the order of the sum is fixed.
__device__ __forceinline__ float blockSum(float value) {
  __shared__ float sums[WARP];
#pragma unroll
  for (int offset = WARP / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(ALL_LANES, value, offset);
  }
  if (threadIdx.x % WARP == 0) {
    sums[threadIdx.x / WARP] = value;
  }
  __syncthreads();
  int warps = blockDim.x / WARP;
  float sum = threadIdx.x % WARP < warps ? sums[threadIdx.x % WARP] : 0.0f;
#pragma unroll
  for (int offset = WARP / 2; offset > 0; offset /= 2) {
    sum += __shfl_xor_sync(ALL_LANES, sum, offset);
  }
  return sum;
}

// residualIn + branch, which is written where it is wanted.
__device__ __forceinline__ Vector summed(
    float* residualOut, const float* residualIn, const Element* branch, long long at) {
  Vector x = load(residualIn + at);
  if (branch != nullptr) {
    Vector addend = load(branch + at);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      x.values[i] += addend.values[i];
    }
  }
  if (residualOut != nullptr) {
    store(residualOut + at, x);
  }
  return x;
}

__device__ __forceinline__ float squares(const Vector& x) {
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    sum += x.values[i] * x.values[i];
  }
  return sum;
}

template <class Output>
__device__ __forceinline__ void norm(
    Output* out, const Vector& x, float scale, const float* gamma, int column) {
  Vector factors = load(gamma + column);
  Vector normed;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    normed.values[i] = x.values[i] * scale * factors.values[i];
  }
  store(out + column, normed);
}

// RMS norm of a row by a block. The first eight elements of each thread stay in registers, which is
// the whole row up to 8,192; of a longer row the rest is read again.
template <class Output>
__device__ __forceinline__ void normRow(
    Output* out, float* residualOut, const float* residualIn, const Element* branch,
    const float* gamma, double epsilon, long long hidden, long long row) {
  int width = static_cast<int>(hidden);
  int stride = 8 * blockDim.x;
  int first = 8 * threadIdx.x;
  long long start = row * hidden;
  Vector kept{};
  float sum = 0.0f;
  if (first < width) {
    kept = summed(residualOut, residualIn, branch, start + first);
    sum = squares(kept);
  }
  for (int column = first + stride; column < width; column += stride) {
    sum += squares(summed(residualOut, residualIn, branch, start + column));
  }
  float scale = rsqrtf(blockSum(sum) / width + static_cast<float>(epsilon));
  if (first < width) {
    norm(out, kept, scale, gamma, first);
  }
  for (int column = first + stride; column < width; column += stride) {
    // Where it was written, it is read from there: in may be out.
    Vector x = residualOut != nullptr ? load(residualOut + start + column)
                                      : summed(nullptr, residualIn, branch, start + column);
    norm(out, x, scale, gamma, column);
  }
}

}  // namespace

// residual[row] = embedding[ids[row]], or embedding[last[slots[row]]] where the id is negative: the
// token that the step before sampled and the host has not seen. Grid (rows).
extern "C" __global__ void embed(
    float* residual, const Element* embedding, const int* ids, const int* slots, const int* last,
    long long hidden, long long rows) {
  letSuccessorStart();
  awaitPredecessor();
  long long row = blockIdx.x;
  long long id = ids[row];
  if (id < 0) {
    id = last[slots[row]];
  }
  for (long long column = 8 * threadIdx.x; column < hidden; column += 8 * blockDim.x) {
    store(residual + row * hidden + column, load(embedding + id * hidden + column));
  }
}

// x = residualIn[row] + branch[row]; residualOut[row] = x; normed[row] = rmsnorm(x) * gamma.
// branch may be 0 (nothing is added), residualOut may be 0 (not wanted) or residualIn. Grid (rows).
extern "C" __global__ void add_norm(
    Element* normed, float* residualOut, const float* residualIn, const Element* branch,
    const float* gamma, double epsilon, long long hidden, long long rows) {
  letSuccessorStart();
  awaitPredecessor();
  long long row = blockIdx.x;
  normRow(normed + row * hidden, residualOut, residualIn, branch, gamma, epsilon, hidden, row);
}

// out[i] = rmsnorm(residual[wanted[i]] + branch[wanted[i]]) * gamma in float16: what the head reads.
// branch may be 0. Grid (count).
extern "C" __global__ void select_norm(
    __half* out, const float* residual, const Element* branch, const float* gamma, double epsilon,
    const int* wanted, long long hidden, long long count) {
  letSuccessorStart();
  awaitPredecessor();
  long long i = blockIdx.x;
  normRow(out + i * hidden, nullptr, residual, branch, gamma, epsilon, hidden, wanted[i]);
}

// out[row][i] = silu(gateUp[row][i]) * gateUp[row][intermediate + i].
// One thread per eight columns: grid (ceil(intermediate / (8 * threads)), up to 65,535 rows a pass).
extern "C" __global__ void swiglu(
    Element* out, const Element* gateUp, long long intermediate, long long rows) {
  letSuccessorStart();
  awaitPredecessor();
  long long column = 8ll * (blockIdx.x * blockDim.x + threadIdx.x);
  if (column >= intermediate) {
    return;
  }
  for (long long row = blockIdx.y; row < rows; row += gridDim.y) {
    const Element* source = gateUp + row * 2 * intermediate + column;
    Vector gate = load(source);
    Vector up = load(source + intermediate);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      float x = gate.values[i];
      up.values[i] *= x / (1.0f + __expf(-x));
    }
    store(out + row * intermediate + column, up);
  }
}

// out[i] = normed[wanted[i]] in float16, whatever the element type. Grid (count).
extern "C" __global__ void select_rows(
    __half* out, const Element* normed, const int* wanted, long long hidden, long long count) {
  letSuccessorStart();
  awaitPredecessor();
  long long i = blockIdx.x;
  long long row = wanted[i];
  for (long long column = 8 * threadIdx.x; column < hidden; column += 8 * blockDim.x) {
    store(out + i * hidden + column, load(normed + row * hidden + column));
  }
}

// out[i] = residual[wanted[i]]. Grid (count).
extern "C" __global__ void select_hidden(
    float* out, const float* residual, const int* wanted, long long hidden, long long count) {
  letSuccessorStart();
  awaitPredecessor();
  long long i = blockIdx.x;
  long long row = wanted[i];
  for (long long column = 8 * threadIdx.x; column < hidden; column += 8 * blockDim.x) {
    store(out + i * hidden + column, load(residual + row * hidden + column));
  }
}
