package platform.deepseek.inference.runner;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import platform.deepseek.inference.cuda.Device;

/** Arrays on a device for the time of a test. */
final class DeviceArrays implements AutoCloseable {

  private final Device device;
  private final List<Long> addresses = new ArrayList<>();

  DeviceArrays(Device device) {
    this.device = device;
  }

  /** The address of these numbers. */
  long of(float... values) {
    return put(MemorySegment.ofArray(values));
  }

  /** The address of these numbers. */
  long of(int... values) {
    return put(MemorySegment.ofArray(values));
  }

  /** The address of these bytes. */
  long of(byte... values) {
    return put(MemorySegment.ofArray(values));
  }

  /** The address of these numbers as float16. */
  long halves(float... values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = Float.floatToFloat16(values[i]);
    }
    return put(MemorySegment.ofArray(halves));
  }

  /** The address of so many numbers, none of them yet. */
  long reals(int count) {
    float[] nothing = new float[count];
    Arrays.fill(nothing, Float.NaN);
    return of(nothing);
  }

  float[] reals(long address, int count) {
    return read(address, (long) count * Float.BYTES).toArray(JAVA_FLOAT);
  }

  private long put(MemorySegment values) {
    MemorySegment copy = Arena.ofAuto().allocate(values.byteSize(), 16);
    copy.copyFrom(values);
    long address = device.allocate(copy.byteSize());
    addresses.add(address);
    device.upload(address, copy);
    device.synchronize();
    return address;
  }

  private MemorySegment read(long address, long bytes) {
    MemorySegment values = Arena.ofAuto().allocate(bytes, 16);
    device.download(values, address);
    device.synchronize();
    return values;
  }

  @Override
  public void close() {
    addresses.forEach(device::free);
  }
}
