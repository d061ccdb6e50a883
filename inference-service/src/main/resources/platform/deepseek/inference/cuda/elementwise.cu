// What a decoder does between its products, one pass over the data each. One block per row unless
// told otherwise; all accesses are 16 bytes wide, so row lengths are multiples of eight elements.
#include "element.cuh"

namespace {

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

}  // namespace

// out[row][i] = silu(gateUp[row][i]) * gateUp[row][intermediate + i].
// One thread per eight columns: grid (ceil(intermediate / (8 * threads)), rows).
extern "C" __global__ void swiglu(
    Element* out, const Element* gateUp, long long intermediate, long long rows) {
  long long column = 8ll * (blockIdx.x * blockDim.x + threadIdx.x);
  if (column >= intermediate) {
    return;
  }
  for (long long row = blockIdx.y; row < rows; row += gridDim.y) {
    const Element* source = gateUp + row * 2 * intermediate + column;
    float gate[8];
    float up[8];
    toFloats(loadEight(source), gate);
    toFloats(loadEight(source + intermediate), up);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      up[i] *= gate[i] * sigmoid(gate[i]);
    }
    storeEight(out + row * intermediate + column, toEight(up));
  }
}
