package platform.deepseek.inference.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A device with memory of its own and one stream: uploads, downloads, copies and the work of
 * sessions on that stream happen in the order in which they were asked for, and {@link
 * #synchronize} waits for all of it. May be used by several threads, one at a time.
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

  /** Waits until all that was queued is done, and reports its failures. */
  void synchronize();

  /** The address of the stream's handle; 0 where there is none. */
  long stream();

  @Override
  void close();
}
