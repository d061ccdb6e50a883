package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A weight matrix in float32, row by row: the reference, and what routers are kept in. A product is
 * one chain of fused multiply-adds in 8 lanes and a sum in a fixed order, whatever it is computed
 * with.
 *
 * @param inputs K, a multiple of 8
 * @param outputs N as the model has it
 * @param weights [N rounded up to whole panels, K]; rows past {@code outputs} are zero
 */
public record FloatMatrix(int inputs, int outputs, MemorySegment weights) implements WeightMatrix {

  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  public FloatMatrix {
    if (inputs % FLOATS.length() != 0) {
      throw new IllegalArgumentException(
          "a matrix needs inputs in multiples of 8, not %,d".formatted(inputs));
    }
  }

  /** A matrix with memory of its own. */
  public static FloatMatrix pack(int inputs, int outputs, Rows rows) {
    long rowBytes = (long) inputs * Float.BYTES;
    long padded = Math.ceilDiv((long) outputs, BlockFormat.PANEL) * BlockFormat.PANEL;
    FloatMatrix matrix = new FloatMatrix(inputs, outputs, NativeMemory.reserve(padded * rowBytes));
    IntStream.range(0, matrix.panels())
        .parallel()
        .forEach(
            panel -> {
              float[] row = new float[inputs];
              int first = panel * BlockFormat.PANEL;
              for (int n = first; n < Math.min(outputs, first + BlockFormat.PANEL); n++) {
                rows.read(n, row);
                MemorySegment.copy(
                    row, 0, matrix.weights, ValueLayout.JAVA_FLOAT, n * rowBytes, inputs);
              }
            });
    return matrix;
  }

  @Override
  public int panels() {
    return Math.ceilDiv(outputs, BlockFormat.PANEL);
  }

  @Override
  public int activationBytes() {
    return inputs * Float.BYTES;
  }

  @Override
  public void prepare(MemorySegment memory, long source, long target) {
    MemorySegment.copy(memory, source, memory, target, activationBytes());
  }

  @Override
  public void multiply(
      int firstPanel, int panels, long activations, int rows, long output, long outputStride) {
    for (int panel = 0; panel < panels; panel++) {
      for (int row = 0; row < rows; row++) {
        long x = activations + (long) row * activationBytes();
        long target = output + row * outputStride + 4L * panel * BlockFormat.PANEL;
        int first = (firstPanel + panel) * BlockFormat.PANEL;
        four(x, first, target);
        four(x, first + 4, target + 4L * Float.BYTES);
      }
    }
  }

  /** Four neighbouring outputs, so that no addition waits for the one before it. */
  private void four(long x, int output, long target) {
    long rowBytes = activationBytes();
    long w = weights.address() + output * rowBytes;
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (long k = 0; k < rowBytes; k += FLOATS.vectorByteSize()) {
      FloatVector values = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + k, ORDER);
      long at = w + k;
      a = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).fma(values, a);
      b = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + rowBytes, ORDER).fma(values, b);
      c = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 2 * rowBytes, ORDER).fma(values, c);
      d = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 3 * rowBytes, ORDER).fma(values, d);
    }
    MEMORY.set(ValueLayout.JAVA_FLOAT, target, Elementwise.sum(a));
    MEMORY.set(ValueLayout.JAVA_FLOAT, target + 4, Elementwise.sum(b));
    MEMORY.set(ValueLayout.JAVA_FLOAT, target + 8, Elementwise.sum(c));
    MEMORY.set(ValueLayout.JAVA_FLOAT, target + 12, Elementwise.sum(d));
  }

  @Override
  public void close() {
    NativeMemory.free(weights);
  }
}
