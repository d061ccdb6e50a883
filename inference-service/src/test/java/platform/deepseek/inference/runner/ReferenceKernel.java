package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.Grid;

/** A kernel in plain Java, on host memory and float32 elements: what the CUDA source must do. */
@FunctionalInterface
public interface ReferenceKernel {

  /**
   * Does the work of all blocks.
   *
   * @param arguments addresses ({@link HostDevice#memory}), integers, and bits of doubles
   */
  void run(Grid grid, long[] arguments);
}
