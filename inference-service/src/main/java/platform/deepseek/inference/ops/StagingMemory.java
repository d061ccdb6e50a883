package platform.deepseek.inference.ops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory for megabytes that are written once, read once and given back. In pages of the usual size:
 * large ones are touched faster, but where memory is in pieces the system first makes room for one,
 * which took five times as long as it saves (measured).
 */
public final class StagingMemory {

  private StagingMemory() {}

  /** Zeroes; they go back to the system with the arena. */
  public static MemorySegment of(Arena arena, long bytes) {
    return NativeMemory.reserve(bytes).reinterpret(bytes, arena, NativeMemory::free);
  }
}
