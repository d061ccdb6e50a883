package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.weights.Tensor;

/**
 * A model's weights on the device, in one allocation. They are converted by all cores, piece by
 * piece, straight into the pinned memory that is copied from; a tensor already in the wanted type
 * is copied as it is.
 */
final class CudaWeights implements AutoCloseable {

  private static final long ALIGNMENT = 256;
  private static final long PIECE_BYTES = 64L << 20;
  private static final int ROWS_TOGETHER = 16;

  private final Device device;
  private final CudaPrecision precision;
  private final long base;
  private final Map<CudaWeight, Long> addresses = new LinkedHashMap<>();

  private CudaWeights(Device device, CudaPrecision precision, List<CudaWeight> inputs) {
    this.device = device;
    this.precision = precision;
    this.base = device.allocate(bytes(inputs, precision));
    long at = base;
    for (CudaWeight input : inputs) {
      addresses.put(input, at);
      at += aligned(input.elements() * precision.bytes());
    }
  }

  /**
   * Uploads everything.
   *
   * @param uploaded told the number of inputs that are there
   */
  static CudaWeights upload(
      Device device,
      CudaPrecision precision,
      List<CudaWeight> inputs,
      ModelWeights weights,
      IntConsumer uploaded) {
    CudaWeights all = new CudaWeights(device, precision, inputs);
    try (Arena staging = Arena.ofShared()) {
      long longestRow =
          inputs.stream().mapToLong(input -> input.shape().getLast()).max().orElseThrow();
      MemorySegment pinned =
          device.pinned(staging, Math.max(PIECE_BYTES, longestRow * precision.bytes()));
      int done = 0;
      for (CudaWeight input : inputs) {
        all.upload(input, weights, pinned);
        uploaded.accept(++done);
      }
    } catch (RuntimeException | Error e) {
      all.close();
      throw e;
    }
    return all;
  }

  /** Bytes that inputs take on the device. */
  static long bytes(List<CudaWeight> inputs, CudaPrecision precision) {
    return inputs.stream().mapToLong(input -> aligned(input.elements() * precision.bytes())).sum();
  }

  /** Where each input lies. */
  Map<CudaWeight, Long> addresses() {
    return addresses;
  }

  private void upload(CudaWeight input, ModelWeights weights, MemorySegment pinned) {
    long to = addresses.get(input);
    for (WeightRole role : input.roles()) {
      to =
          input.shape().size() == 1
              ? vector(weights.vector(role, input.layer()), to, pinned)
              : matrix(role, input.layer(), weights, to, pinned);
    }
  }

  private long vector(float[] values, long to, MemorySegment pinned) {
    for (int i = 0; i < values.length; i++) {
      precision.write(values[i], pinned, i);
    }
    return send(pinned, (long) values.length * precision.bytes(), to);
  }

  private long matrix(
      WeightRole role, int layer, ModelWeights weights, long to, MemorySegment pinned) {
    Tensor tensor = weights.tensor(role, layer);
    int rows = Math.toIntExact(tensor.rows());
    long rowBytes = tensor.columns() * precision.bytes();
    int together = (int) Math.min(rows, pinned.byteSize() / rowBytes);
    long at = to;
    for (int from = 0; from < rows; from += together) {
      int first = from;
      int count = Math.min(together, rows - from);
      IntStream.range(0, Math.ceilDiv(count, ROWS_TOGETHER))
          .parallel()
          .forEach(
              group -> {
                int begin = group * ROWS_TOGETHER;
                int end = Math.min(count, begin + ROWS_TOGETHER);
                convert(role, layer, weights, first, begin, end, pinned);
              });
      at = send(pinned, count * rowBytes, at);
    }
    return at;
  }

  /** Rows first + begin to first + end of the tensor, to rows begin to end of the piece. */
  private void convert(
      WeightRole role,
      int layer,
      ModelWeights weights,
      int first,
      int begin,
      int end,
      MemorySegment pinned) {
    Tensor tensor = weights.tensor(role, layer);
    int columns = Math.toIntExact(tensor.columns());
    boolean asItIs = tensor.dtype() == precision.storedType;
    float[] values = asItIs ? null : new float[columns];
    for (int row = begin; row < end; row++) {
      long at = (long) row * columns;
      if (asItIs) {
        MemorySegment stored = weights.rowBytes(role, layer, first + row);
        MemorySegment.copy(stored, 0, pinned, at * precision.bytes(), stored.byteSize());
      } else {
        weights.row(role, layer, first + row, values, 0);
        for (int i = 0; i < columns; i++) {
          precision.write(values[i], pinned, at + i);
        }
      }
    }
  }

  /** Copies from the beginning of pinned memory and waits; returns the address behind. */
  private long send(MemorySegment pinned, long bytes, long to) {
    device.upload(to, pinned.asSlice(0, bytes));
    device.synchronize();
    return to + bytes;
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  @Override
  public void close() {
    device.free(base);
  }
}
