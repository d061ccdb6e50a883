package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.OrtBinding;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtTensor;

/**
 * An output of the graph and the rows it is asked for: float32 values on the device and in pinned
 * memory of the host, both of which grow to the largest run.
 */
final class DeviceRows implements OutputValues, AutoCloseable {

  private final Device device;
  private final OrtMemory memory;
  private final int width;
  private final MemorySegment wanted;
  private final long wantedAddress;
  private Arena arena;
  private MemorySegment host;
  private long address;
  private int capacity;
  private int count;

  /**
   * @param arena holds the list of rows
   * @param maxRows rows of a run at most
   * @param width numbers of a row
   */
  DeviceRows(Arena arena, Device device, OrtMemory memory, int maxRows, int width) {
    this.device = device;
    this.memory = memory;
    this.width = width;
    this.wanted = device.pinned(arena, (long) maxRows * Long.BYTES);
    this.wantedAddress = device.allocate((long) maxRows * Long.BYTES);
    reserve(1);
  }

  void clear() {
    count = 0;
  }

  void add(int row) {
    wanted.setAtIndex(ValueLayout.JAVA_LONG, count++, row);
  }

  /** Binds the rows and their values, to be called when all rows are added. */
  void bind(OrtBinding binding, String rows, String values) {
    // A run needs some output, and a step may ask for none.
    int bound = Math.max(1, count);
    if (count == 0) {
      wanted.setAtIndex(ValueLayout.JAVA_LONG, 0, 0);
    }
    if (bound > capacity) {
      release();
      reserve(bound);
    }
    device.upload(wantedAddress, wanted.asSlice(0, (long) bound * Long.BYTES));
    try (Arena call = Arena.ofConfined()) {
      binding.input(rows, OrtTensor.at(call, memory, wantedAddress, ElementType.INT64, bound));
      binding.output(values, OrtTensor.at(call, memory, address, ElementType.FLOAT, bound, width));
    }
  }

  /** Queues the copy of the wanted rows to the host. */
  void fetch() {
    if (count > 0) {
      device.download(host.asSlice(0, (long) count * width * Float.BYTES), address);
    }
  }

  @Override
  public MemorySegment get(int output, int length) {
    return host.asSlice((long) output * width * Float.BYTES, (long) length * Float.BYTES);
  }

  private void reserve(int rows) {
    long bytes = (long) rows * width * Float.BYTES;
    Arena grown = Arena.ofShared();
    try {
      host = device.pinned(grown, bytes);
      address = device.allocate(bytes);
    } catch (RuntimeException | Error e) {
      grown.close();
      throw e;
    }
    arena = grown;
    capacity = rows;
  }

  /** Nothing is held after a failed growth, and the next run may try again. */
  private void release() {
    if (capacity > 0) {
      capacity = 0;
      device.free(address);
      arena.close();
    }
  }

  @Override
  public void close() {
    release();
    device.free(wantedAddress);
  }
}
