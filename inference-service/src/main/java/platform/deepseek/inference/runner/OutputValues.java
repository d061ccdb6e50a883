package platform.deepseek.inference.runner;

import java.lang.foreign.MemorySegment;

/** Rows of float32 values that a run brought. */
interface OutputValues {

  /** The first {@code length} values of an output row of the last run. */
  MemorySegment get(int output, int length);
}
