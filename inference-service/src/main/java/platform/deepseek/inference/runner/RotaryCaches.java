package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.DoubleUnaryOperator;
import platform.deepseek.inference.cuda.Device;

/**
 * Cosines and sines of every position's angles on the device, [positions, headDim / 2] each, in
 * float32. Angles are in double: a position of 100,000 times a frequency of 1 leaves float32 two
 * digits behind the point.
 */
final class RotaryCaches implements AutoCloseable {

  private final Device device;
  private final long cosines;
  private final long sines;

  /**
   * @param magnitude that both are multiplied with
   */
  RotaryCaches(Device device, float[] frequencies, double magnitude, int positions) {
    this.device = device;
    try (Arena staging = Arena.ofShared()) {
      MemorySegment pinned =
          device.pinned(staging, (long) positions * frequencies.length * Float.BYTES);
      cosines = upload(pinned, frequencies, positions, angle -> magnitude * Math.cos(angle));
      sines = upload(pinned, frequencies, positions, angle -> magnitude * Math.sin(angle));
    }
  }

  private long upload(
      MemorySegment pinned, float[] frequencies, int positions, DoubleUnaryOperator function) {
    for (int position = 0; position < positions; position++) {
      for (int i = 0; i < frequencies.length; i++) {
        double angle = position * (double) frequencies[i];
        pinned.setAtIndex(
            ValueLayout.JAVA_FLOAT,
            (long) position * frequencies.length + i,
            (float) function.applyAsDouble(angle));
      }
    }
    long address = device.allocate(pinned.byteSize());
    device.upload(address, pinned);
    device.synchronize();
    return address;
  }

  long cosines() {
    return cosines;
  }

  long sines() {
    return sines;
  }

  @Override
  public void close() {
    device.free(cosines);
    device.free(sines);
  }
}
