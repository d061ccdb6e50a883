// Spreads attention of single tokens evenly over the device, whatever the rows' lengths. Once for a step, for all
// layers, and on the device, so that a captured graph is right for every length. A row is cut into parts of about the
// same number of tiles of 16 positions, so many that all rows together give each multiprocessor one block; a row that
// is hardly longer than that stays whole, because meeting again costs more. An even batch is not cut at all.
#include "decode_work.cuh"

#define MAX_ROWS 1024
#define MAX_PARTS 128
#define LEAST_TILES 8

__device__ int sumOfWarp(int value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, distance);
  }
  return value;
}

// work: [items], items at least rows + ceil(blocks / units). blocks: how many should share the work; units: blocks
// that do the same positions of a row for other heads. Grid: one block of 1024 threads; rows at most as many.
extern "C" __global__ void __launch_bounds__(MAX_ROWS, 1) attention_plan(
    DecodeWork* work, const int* slots, const int* positions, long long rows, long long items, long long units,
    long long blocks) {
  __shared__ int sums[32];
  int row = threadIdx.x;
  int warp = row / 32;
  int lane = row % 32;
  int position = row < rows ? positions[row] : 0;
  int slot = row < rows ? slots[row] : 0;
  int tiles = row < rows ? position / 16 + 1 : 0;

  int sum = sumOfWarp(tiles);
  if (lane == 0) {
    sums[warp] = sum;
  }
  __syncthreads();
  int total = sumOfWarp(sums[lane]);
  __syncthreads();
  int share = max(LEAST_TILES, (int)((total * units + blocks - 1) / blocks));
  int wanted = min(MAX_PARTS, max(1, (tiles + share / 2) / share));
  int each = max(1, (tiles + wanted - 1) / wanted);
  int parts = (tiles + each - 1) / each;  // none of them empty

  // The number of parts before this row's: within the warp, then of the warps before.
  int before = parts;
  for (int distance = 1; distance < 32; distance *= 2) {
    int other = __shfl_up_sync(0xffffffffu, before, distance);
    before += lane >= distance ? other : 0;
  }
  if (lane == 31) {
    sums[warp] = before;
  }
  __syncthreads();
  int firstItem = before - parts + sumOfWarp(lane < warp ? sums[lane] : 0);
  int all = sumOfWarp(sums[lane]);
  for (int part = 0; part < parts; part++) {
    int first = part * each;
    work[firstItem + part] = {row, slot, position, first, min(tiles, first + each), parts, firstItem, 0};
  }
  for (int item = all + row; item < items; item += MAX_ROWS) {
    work[item] = {-1, 0, 0, 0, 0, 0, 0, 0};
  }
}
