package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Memory for intermediate rows: one piece for each thread that asks, all freed together. */
final class Workspace implements AutoCloseable {

  private final Queue<MemorySegment> pieces = new ConcurrentLinkedQueue<>();
  private final ThreadLocal<MemorySegment> piece;

  Workspace(long bytesPerThread) {
    piece =
        ThreadLocal.withInitial(
            () -> {
              MemorySegment memory = NativeMemory.reserve(bytesPerThread);
              pieces.add(memory);
              return memory;
            });
  }

  /** Address of this thread's piece, page-aligned. */
  long address() {
    return piece.get().address();
  }

  @Override
  public void close() {
    pieces.forEach(NativeMemory::free);
    pieces.clear();
  }
}
