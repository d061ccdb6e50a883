package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import platform.deepseek.inference.cuda.Device;

/** Large arrays of random numbers of a precision on a device, which the host can look up. */
final class DeviceNumbers implements AutoCloseable {

  /** A prime, so that rows of no length begin alike. */
  private static final int PERIOD = 1_000_003;

  private final Device device;
  private final CudaPrecision precision;
  private final List<Long> addresses = new ArrayList<>();

  DeviceNumbers(Device device, CudaPrecision precision) {
    this.device = device;
    this.precision = precision;
  }

  CudaPrecision precision() {
    return precision;
  }

  /**
   * Numbers at an address, which repeat.
   *
   * @param values one period, as the device has them
   */
  record Pattern(long address, float[] values) {

    float at(long index) {
      return values[(int) (index % values.length)];
    }
  }

  /** So many numbers of a normal distribution; deviation NaN: none of them is a number. */
  Pattern pattern(long count, double deviation, Random random) {
    float[] values = new float[(int) Math.min(count, PERIOD)];
    long address = allocate(count * precision.bytes());
    try (Arena staging = Arena.ofShared()) {
      MemorySegment pinned = device.pinned(staging, (long) values.length * precision.bytes());
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (deviation * random.nextGaussian());
      }
      write(values, pinned);
      for (long at = 0; at < count; at += values.length) {
        long bytes = Math.min(values.length, count - at) * precision.bytes();
        device.upload(address + at * precision.bytes(), pinned.asSlice(0, bytes));
      }
      device.synchronize();
    }
    return new Pattern(address, values);
  }

  /** Rounds values to what the device has. */
  private void write(float[] values, MemorySegment target) {
    if (precision == CudaPrecision.FP32) {
      MemorySegment.copy(values, 0, target, ValueLayout.JAVA_FLOAT, 0, values.length);
      return;
    }
    short[] halves = new short[values.length];
    precision.round(values, halves, values.length);
    MemorySegment.copy(halves, 0, target, ValueLayout.JAVA_SHORT, 0, halves.length);
    for (int i = 0; i < values.length; i++) {
      values[i] = widened(halves[i]);
    }
  }

  private float widened(short half) {
    return precision == CudaPrecision.BF16
        ? Float.intBitsToFloat(half << Short.SIZE)
        : Float.float16ToFloat(half);
  }

  long allocate(long bytes) {
    addresses.add(device.allocate(bytes));
    return addresses.getLast();
  }

  float[] read(long address, int count) {
    try (Arena staging = Arena.ofShared()) {
      MemorySegment pinned = device.pinned(staging, (long) count * precision.bytes());
      device.download(pinned, address);
      device.synchronize();
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] =
            precision == CudaPrecision.FP32
                ? pinned.getAtIndex(ValueLayout.JAVA_FLOAT, i)
                : widened(pinned.getAtIndex(ValueLayout.JAVA_SHORT, i));
      }
      return values;
    }
  }

  /** Microseconds of queued work: the median of some rounds of several runs each. */
  static double micros(Device device, int rounds, Runnable work) {
    work.run();
    device.synchronize();
    double[] micros = new double[5];
    for (int i = 0; i < micros.length; i++) {
      long begun = System.nanoTime();
      for (int round = 0; round < rounds; round++) {
        work.run();
      }
      device.synchronize();
      micros[i] = (System.nanoTime() - begun) / 1e3 / rounds;
    }
    Arrays.sort(micros);
    return micros[micros.length / 2];
  }

  @Override
  public void close() {
    addresses.forEach(device::free);
  }
}
