// Kernels that start before the one in front of them has ended, on devices of compute capability 9.0 and
// newer: the launch allows it (Launcher), the kernel waits by itself. A kernel that has these two must
// be compiled for such devices too, which compile_kernels.py sees by the line below.
#pragma once

// Before this returns, nothing may be read that a kernel in front writes, and nothing be written.
__device__ __forceinline__ void awaitPredecessor() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// From here the kernel behind may start, as far as there is room for it; it waits for this one's end.
__device__ __forceinline__ void letSuccessorStart() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}
