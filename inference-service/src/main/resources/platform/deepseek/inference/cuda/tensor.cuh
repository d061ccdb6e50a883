// The few instructions that attention needs of the tensor cores and of shared memory, on 16-bit elements.
// A register of a tile holds two elements, the lower channel or position in the lower half.
#pragma once
#include "element.cuh"

#if defined(ELEMENT_BF16)
#define ELEMENT_NAME "bf16"
#else
#define ELEMENT_NAME "f16"
#endif

typedef unsigned int Pair;

// The name of a kernel for heads of so many channels.
#define JOINED(NAME, SIZE) NAME##_##SIZE
#define SIZED(NAME, SIZE) JOINED(NAME, SIZE)

// What the launch asked for; aligned for swizzled blocks.
extern __shared__ __align__(1024) char sharedMemory[];

#define NEGATIVE_INFINITY __int_as_float(0xff800000)
#define LOG2_E 1.4426950408889634

// 2^x; 0 for minus infinity.
__device__ __forceinline__ float power2(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

// sums[16][8] += a[16][16] * b[16][8]. With g = lane / 4 and c = lane % 4:
// a0 = a[g][2c..], a1 = a[g + 8][2c..], a2 = a[g][2c + 8..], a3 = a[g + 8][2c + 8..]; b0 = b[2c..][g], b1 = b[2c + 8..][g];
// sums = [g][2c], [g][2c + 1], [g + 8][2c], [g + 8][2c + 1].
__device__ __forceinline__ void multiply(float (&sums)[4], Pair a0, Pair a1, Pair a2, Pair a3, Pair b0, Pair b1) {
  asm(
      "mma.sync.aligned.m16n8k16.row.col.f32." ELEMENT_NAME "." ELEMENT_NAME ".f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

// Four 8x8 tiles; lane i gives the address of row i % 8 of tile i / 8.
__device__ __forceinline__ void loadTiles(Pair (&tiles)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(tiles[0]), "=r"(tiles[1]), "=r"(tiles[2]), "=r"(tiles[3])
               : "r"(address)
               : "memory");
}

__device__ __forceinline__ void loadTilesTransposed(Pair (&tiles)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(tiles[0]), "=r"(tiles[1]), "=r"(tiles[2]), "=r"(tiles[3])
               : "r"(address)
               : "memory");
}

// The transposed 8x8 tile that a warp holds.
__device__ __forceinline__ Pair transpose(Pair tile) {
  Pair result;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(tile));
  return result;
}

// Starts copying 16 bytes into shared memory.
__device__ __forceinline__ void copyAsync(unsigned to, const void* from) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;" : : "r"(to), "l"(from) : "memory");
}

__device__ __forceinline__ void commitCopies() {
  asm volatile("cp.async.commit_group;" : : : "memory");
}

__device__ __forceinline__ void awaitCopies() {
  asm volatile("cp.async.wait_group 0;" : : : "memory");
}

// Reads that will not be needed again: 16, 8 or 4 bytes.
template <int WORDS>
__device__ __forceinline__ void loadStreaming(Pair* words, const char* from) {
  if constexpr (WORDS == 4) {
    asm volatile("ld.global.nc.L1::no_allocate.v4.b32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "l"(from));
  } else if constexpr (WORDS == 2) {
    asm volatile("ld.global.nc.L1::no_allocate.v2.b32 {%0, %1}, [%2];"
                 : "=r"(words[0]), "=r"(words[1])
                 : "l"(from));
  } else {
    asm volatile("ld.global.nc.L1::no_allocate.b32 %0, [%1];" : "=r"(words[0]) : "l"(from));
  }
}
