package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.OrtTensor;

/**
 * An output of the graph and the rows it is asked for: which of the step's rows leave, and float32
 * memory for them that grows to the largest step.
 */
final class OutputRows implements OutputValues, AutoCloseable {

  private final int width;
  private final MemorySegment wanted;
  private int count;
  private Arena arena = Arena.ofShared();
  private MemorySegment memory;

  /**
   * @param arena holds the list of rows
   * @param maxRows rows of a step at most
   * @param width numbers of a row
   */
  OutputRows(Arena arena, int maxRows, int width) {
    this.width = width;
    this.wanted = arena.allocate(ValueLayout.JAVA_LONG, maxRows);
    this.memory = this.arena.allocate((long) width * Float.BYTES, 64);
  }

  void clear() {
    count = 0;
  }

  void add(int row) {
    wanted.setAtIndex(ValueLayout.JAVA_LONG, count++, row);
  }

  /** To be called when all rows are added, before the run. */
  void prepare() {
    if (count == 0) {
      add(0); // a run needs some output, and a step may ask for none
    }
    long bytes = (long) count * width * Float.BYTES;
    if (memory.byteSize() < bytes) {
      grow(bytes);
    }
  }

  private void grow(long bytes) {
    arena.close();
    // Where there is no memory for more, the next step finds none, not what was given back.
    memory = MemorySegment.NULL;
    arena = Arena.ofShared();
    memory = arena.allocate(bytes, 64);
  }

  /** The graph's input: which rows. */
  OrtTensor rows(Arena call) {
    return OrtTensor.over(call, wanted, ElementType.INT64, count);
  }

  /** The graph's output: their values. */
  OrtTensor values(Arena call) {
    return OrtTensor.over(call, memory, ElementType.FLOAT, count, width);
  }

  @Override
  public MemorySegment get(int output, int length) {
    return memory.asSlice((long) output * width * Float.BYTES, (long) length * Float.BYTES);
  }

  @Override
  public void close() {
    arena.close();
  }
}
