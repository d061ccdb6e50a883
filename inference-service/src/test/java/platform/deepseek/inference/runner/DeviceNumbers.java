package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.LongToDoubleFunction;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.ops.BlockFormat;

/** Large arrays of random numbers of a precision on a device, which the host can look up. */
final class DeviceNumbers implements AutoCloseable {

  /** A prime, so that rows of no length begin alike. */
  private static final int PERIOD = 1_000_003;

  private static final int BLOCK = BlockFormat.BLOCK;

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

  /** A matrix on the device whose numbers the host can look up, row by row. */
  record RandomMatrix(DeviceMatrix there, LongToDoubleFunction values) {

    double at(long index) {
      return values.applyAsDouble(index);
    }
  }

  /** A matrix of numbers of about this deviation. */
  RandomMatrix matrix(
      WeightFormat format, int outputs, int inputs, double deviation, Random random) {
    long elements = (long) outputs * inputs;
    if (!format.quantized()) {
      Pattern pattern = pattern(elements, deviation, random);
      return new RandomMatrix(
          DeviceMatrix.published(pattern.address(), outputs, inputs), pattern::at);
    }
    byte[] bytes = new byte[(int) Math.min(elements * format.bits / Byte.SIZE, PERIOD)];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length && format == WeightFormat.INT8; i++) {
      bytes[i] = (byte) Math.max(-Byte.MAX_VALUE, bytes[i]);
    }
    // Evenly spread integers have 0.29 of their range as deviation.
    double step = deviation / (format == WeightFormat.INT8 ? 73 : 4.6);
    float[] scales = halves(elements / BLOCK, () -> step * (0.5 + random.nextDouble()));
    float[] minimums = halves(elements / BLOCK, () -> -step * (5 + 5 * random.nextDouble()));
    DeviceMatrix there =
        new DeviceMatrix(
            format,
            repeated(elements * format.bits / Byte.SIZE, MemorySegment.ofArray(bytes)),
            repeated(elements / BLOCK * Short.BYTES, asHalves(scales)),
            format.hasMinimums() ? repeated(elements / BLOCK * Short.BYTES, asHalves(minimums)) : 0,
            outputs,
            inputs);
    if (format == WeightFormat.INT8) {
      return new RandomMatrix(
          there,
          i ->
              (double) scales[(int) (i / BLOCK % scales.length)] * bytes[(int) (i % bytes.length)]);
    }
    return new RandomMatrix(
        there,
        i -> {
          int at = (int) (i % BLOCK);
          int pair = bytes[(int) ((i / BLOCK * (BLOCK / 2) + at % (BLOCK / 2)) % bytes.length)];
          int q = (at < BLOCK / 2 ? pair : pair >> 4) & 0xF;
          int block = (int) (i / BLOCK % scales.length);
          return (double) scales[block] * q + minimums[block];
        });
  }

  private static float[] halves(long count, DoubleSupplier values) {
    float[] rounded = new float[(int) Math.min(count, PERIOD)];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = Float.float16ToFloat(Float.floatToFloat16((float) values.getAsDouble()));
    }
    return rounded;
  }

  private static MemorySegment asHalves(float[] values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = Float.floatToFloat16(values[i]);
    }
    return MemorySegment.ofArray(halves);
  }

  /** So many bytes on the device, which repeat a period. */
  private long repeated(long bytes, MemorySegment period) {
    long address = allocate(bytes);
    try (Arena staging = Arena.ofShared()) {
      MemorySegment pinned = device.pinned(staging, period.byteSize());
      pinned.copyFrom(period);
      for (long at = 0; at < bytes; at += period.byteSize()) {
        device.upload(address + at, pinned.asSlice(0, Math.min(period.byteSize(), bytes - at)));
      }
      device.synchronize();
    }
    return address;
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
