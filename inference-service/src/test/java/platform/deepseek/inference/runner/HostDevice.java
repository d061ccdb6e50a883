package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtSession;

/** A device that is the processor: addresses are its own, and queued work is done at once. */
public final class HostDevice implements Device {

  private static final long ALIGNMENT = 256;
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final Map<Long, Arena> allocations = new HashMap<>();
  private boolean closed;

  /** The processor as a runner's accelerator. */
  public Accelerator accelerator() {
    return new Accelerator(
        this, OrtMemory.CPU, (model, precision) -> OrtSession.loadOnCpu(model, 2));
  }

  int allocations() {
    return allocations.size();
  }

  boolean closed() {
    return closed;
  }

  static MemorySegment memory(long address, long bytes) {
    return ALL.asSlice(address, bytes);
  }

  @Override
  public String name() {
    return "host";
  }

  @Override
  public long freeMemory() {
    return totalMemory();
  }

  @Override
  public long totalMemory() {
    return 1L << 30;
  }

  @Override
  public long allocate(long bytes) {
    Arena arena = Arena.ofShared();
    long address = arena.allocate(bytes, ALIGNMENT).fill((byte) 0xFF).address();
    allocations.put(address, arena);
    return address;
  }

  @Override
  public void free(long address) {
    allocations.remove(address).close();
  }

  @Override
  public MemorySegment pinned(Arena arena, long bytes) {
    return arena.allocate(bytes, ALIGNMENT);
  }

  @Override
  public void upload(long to, MemorySegment from) {
    memory(to, from.byteSize()).copyFrom(from);
  }

  @Override
  public void download(MemorySegment to, long from) {
    to.copyFrom(memory(from, to.byteSize()));
  }

  @Override
  public void copy(long to, long from, long bytes) {
    memory(to, bytes).copyFrom(memory(from, bytes));
  }

  @Override
  public void clear(long at, long bytes) {
    memory(at, bytes).fill((byte) 0);
  }

  @Override
  public void synchronize() {
    // Nothing is ever under way.
  }

  @Override
  public long stream() {
    return 0;
  }

  @Override
  public void close() {
    closed = true;
  }
}
