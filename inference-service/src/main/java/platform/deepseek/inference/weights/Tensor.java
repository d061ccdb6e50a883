package platform.deepseek.inference.weights;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * A tensor of a checkpoint, where it lies in its file.
 *
 * @param shape outermost dimension first (row-major), also for GGUF, whose files store it reversed
 * @param file the real file (links resolved), so that ONNX external data can point at it
 * @param offset bytes from the start of the file
 * @param data the mapped bytes, read-only
 * @param scales factors of the stored values, where they have some
 */
public record Tensor(
    String name,
    DType dtype,
    long[] shape,
    Path file,
    long offset,
    MemorySegment data,
    Optional<BlockScales> scales) {

  /** A tensor whose stored values are its values. */
  public Tensor(
      String name, DType dtype, long[] shape, Path file, long offset, MemorySegment data) {
    this(name, dtype, shape, file, offset, data, Optional.empty());
  }

  /** The same with factors for its stored values. */
  public Tensor scaledBy(BlockScales factors) {
    return new Tensor(name, dtype, shape, file, offset, data, Optional.of(factors));
  }

  /**
   * The same values with other outer dimensions.
   *
   * @param wanted as many elements in rows of the same length
   */
  public Tensor reshaped(long... wanted) {
    Tensor result = new Tensor(name, dtype, wanted, file, offset, data, scales);
    if (result.elements() != elements() || result.columns() != columns()) {
      throw new IllegalArgumentException(
          "%s of shape %s has no shape %s"
              .formatted(name, Arrays.toString(shape), Arrays.toString(wanted)));
    }
    return result;
  }

  /** The part of the outermost dimension with this number, of a tensor without factors. */
  public Tensor part(int index) {
    long[] inner = Arrays.copyOfRange(shape, 1, shape.length);
    long bytes = data.byteSize() / shape[0];
    String partName = name + "[" + index + "]";
    long at = index * bytes;
    return new Tensor(partName, dtype, inner, file, offset + at, data.asSlice(at, bytes));
  }

  public long elements() {
    long n = 1;
    for (long d : shape) {
      n *= d;
    }
    return n;
  }

  /** Values of a row: the innermost dimension. */
  public long columns() {
    return shape.length == 0 ? 1 : shape[shape.length - 1];
  }

  /** Rows of {@link #columns()} values, over all outer dimensions. */
  public long rows() {
    return columns() == 0 ? 0 : elements() / columns();
  }
}
