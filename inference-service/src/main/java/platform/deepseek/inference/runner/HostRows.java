package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.ort.ElementType;

/**
 * Rows of a run that the host reads: memory on the device where none is given, and a copy in pinned
 * memory. Both grow to the largest run.
 */
final class HostRows implements OutputValues, AutoCloseable {

  private final Device device;
  private final ElementType type;
  private final int width;
  private final MemorySegment row;
  private Arena arena = Arena.ofShared();
  private MemorySegment host = MemorySegment.NULL;
  private long address;
  private long reserved;

  /**
   * @param type FLOAT or FLOAT16
   * @param width numbers of a row
   */
  HostRows(Device device, ElementType type, int width) {
    this.device = device;
    this.type = type;
    this.width = width;
    this.row = MemorySegment.ofArray(new float[width]);
  }

  /** Device memory for so many rows; 0 where none is needed. */
  long reserve(int rows) {
    if (bytes(rows) > reserved) {
      release();
      address = device.allocate(bytes(rows));
      reserved = bytes(rows);
    }
    return address;
  }

  long address() {
    return address;
  }

  /** Queues the copy of so many rows from an address to the host. */
  void fetch(long from, int rows) {
    if (rows == 0) {
      return;
    }
    if (bytes(rows) > host.byteSize()) {
      host = MemorySegment.NULL;
      arena.close();
      arena = Arena.ofShared();
      host = device.pinned(arena, bytes(rows));
    }
    device.download(host.asSlice(0, bytes(rows)), from);
  }

  /** A row as float32; valid until the next call. */
  @Override
  public MemorySegment get(int output, int length) {
    if (type == ElementType.FLOAT) {
      return host.asSlice(bytes(output), (long) length * Float.BYTES);
    }
    for (int i = 0; i < length; i++) {
      short half = host.get(ValueLayout.JAVA_SHORT, bytes(output) + 2L * i);
      row.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.float16ToFloat(half));
    }
    return row.asSlice(0, (long) length * Float.BYTES);
  }

  float[] floats(int output) {
    return get(output, width).toArray(ValueLayout.JAVA_FLOAT);
  }

  private long bytes(int rows) {
    return (long) rows * width * type.bytes();
  }

  private void release() {
    if (reserved > 0) {
      reserved = 0;
      device.free(address);
    }
  }

  @Override
  public void close() {
    release();
    arena.close();
  }
}
