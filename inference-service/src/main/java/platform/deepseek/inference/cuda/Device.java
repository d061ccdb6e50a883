package platform.deepseek.inference.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A device with memory of its own and one stream: uploads, downloads, copies and the work of
 * sessions on that stream happen in the order in which they were asked for, and {@link
 * #synchronize} waits for all of it. May be used by several threads, one at a time; marks may be
 * awaited beside that.
 */
public interface Device extends AutoCloseable {

  /** As its maker calls it. */
  String name();

  /** Bytes that can be allocated now, by anyone. */
  long freeMemory();

  /** Bytes that it has. */
  long totalMemory();

  /** The address of so many bytes, aligned to 256 at least; their content is undefined. */
  long allocate(long bytes);

  /** Gives an allocation back. */
  void free(long address);

  /** Host memory that the device reads and writes directly; given back when the arena closes. */
  MemorySegment pinned(Arena arena, long bytes);

  /** Queues a copy to the device. Pinned memory must not change until it is done. */
  void upload(long to, MemorySegment from);

  /** Queues a copy from the device. */
  void download(MemorySegment to, long from);

  /** Queues a copy within the device; the ranges do not overlap. */
  void copy(long to, long from, long bytes);

  /** Queues zeros. */
  void clear(long at, long bytes);

  /**
   * Queues zeros into rows of memory.
   *
   * @param at where the first row begins
   * @param pitch bytes from one row's beginning to the next
   * @param width bytes to clear of each row
   */
  void clearRows(long at, long pitch, long width, long rows);

  /**
   * Compiles kernels for this device.
   *
   * @throws CudaException the text is not understood; the message has the compiler's words
   */
  KernelModule load(String ptx);

  /**
   * Queues a kernel. It may be called while the stream is captured into a graph, and then the
   * arguments are part of the graph.
   *
   * @param arguments addresses, integers, and bits of doubles, as many as the kernel takes
   */
  void launch(Kernel kernel, Grid grid, long... arguments);

  /**
   * Records what {@code work} queues instead of doing it. The work must not wait for the device;
   * addresses and arguments are recorded, not what lies there.
   *
   * @throws CudaException {@link CudaException#outOfMemory}: a recording takes memory too
   */
  DeviceGraph capture(Runnable work);

  /** A new mark, set nowhere. */
  Mark mark();

  /** What its processor can do: ten times the major and once the minor number, 90 for Hopper. */
  int computeCapability();

  /** Multiprocessors: how many large blocks run at the same time. */
  int multiprocessors();

  /** Bytes of shared memory that a block can have at most, static and dynamic together. */
  int mostSharedMemory();

  /**
   * Whether a kernel can start before the one in front of it has ended (compute capability 9.0 and
   * a driver of CUDA 12.3 or newer). Then kernels compiled for it are worth loading.
   */
  boolean overlapsKernels();

  /** The unit of reserved and mapped memory, a power of two. */
  long pageBytes();

  /** Addresses for so many bytes, whole pages, with no memory behind them. */
  long reserve(long bytes);

  /** Gives a whole stretch of reserved addresses back; no page of it is mapped. */
  void release(long address, long bytes);

  /**
   * Puts memory behind reserved pages, all or nothing, at once and not queued. Its content is
   * undefined.
   *
   * @throws CudaException {@link CudaException#outOfMemory}: there is not enough
   */
  void map(long address, long bytes);

  /**
   * Takes the memory behind pages away, all that one call of {@link #map} put there, at once and
   * not queued: nothing that is under way may still touch it.
   */
  void unmap(long address, long bytes);

  /** Waits until all that was queued is done, and reports its failures. */
  void synchronize();

  /** The address of the stream's handle; 0 where there is none. */
  long stream();

  @Override
  void close();
}
