package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Tensor;

/**
 * Brings tensors of a checkpoint into {@link BlockFormat}: bit for bit where the format can hold
 * the type (Q4_0, Q4_1, Q4_K in INT4; Q8_0, Q5_0 in INT8), requantised otherwise.
 */
public final class MatrixPacker {

  /**
   * Rows of one tensor.
   *
   * @param sourceRow which of the tensor's rows is row n (GGUF permutes some)
   */
  public record Part(Tensor tensor, IntUnaryOperator sourceRow) {
    int rows() {
      return Math.toIntExact(tensor.rows());
    }
  }

  private MatrixPacker() {}

  /** The format that holds a type without loss; INT8 for types that neither holds. */
  public static BlockFormat keeping(DType type) {
    return switch (type) {
      case Q4_0, Q4_1, Q4_K -> BlockFormat.INT4;
      case Q5_0, Q5_1, Q5_K, Q6_K, Q8_0, F32, F16, BF16, F8_E4M3, I32, I64, U8 -> BlockFormat.INT8;
    };
  }

  /** Whether values of a type stay exactly what they are in a format. */
  public static boolean keeps(BlockFormat format, DType type) {
    return switch (type) {
      case Q4_0 -> true;
      case Q4_1, Q4_K -> format == BlockFormat.INT4;
      case Q8_0, Q5_0 -> format == BlockFormat.INT8;
      case Q5_1, Q5_K, Q6_K, F32, F16, BF16, F8_E4M3, I32, I64, U8 -> false;
    };
  }

  /** One matrix of all parts' rows, one below the other. */
  public static BlockMatrix pack(BlockFormat format, List<Part> parts) {
    int inputs = Math.toIntExact(parts.getFirst().tensor().columns());
    int outputs = parts.stream().mapToInt(Part::rows).sum();
    BlockMatrix matrix = BlockMatrix.allocate(format, inputs, outputs);
    IntStream.range(0, matrix.panels())
        .parallel()
        .forEach(panel -> packPanel(matrix, parts, panel));
    return matrix;
  }

  /** A matrix of numbers that no tensor holds as they are. */
  public static BlockMatrix pack(
      BlockFormat format, int inputs, int outputs, WeightMatrix.Rows rows) {
    BlockMatrix matrix = BlockMatrix.allocate(format, inputs, outputs);
    IntStream.range(0, matrix.panels())
        .parallel()
        .forEach(
            panel -> {
              QuantizedRow row = QuantizedRow.ofInputs(inputs);
              float[] values = new float[inputs];
              byte[] bytes = new byte[(int) matrix.panelBytes()];
              MemorySegment target = MemorySegment.ofArray(bytes);
              int first = panel * BlockFormat.PANEL;
              for (int n = first; n < Math.min(outputs, first + BlockFormat.PANEL); n++) {
                rows.read(n, values);
                row.quantize(format, values);
                place(matrix, row, n - first, bytes, target);
              }
              long at = panel * matrix.panelBytes();
              MemorySegment.copy(target, 0, matrix.weights(), at, bytes.length);
            });
    return matrix;
  }

  private static void packPanel(BlockMatrix matrix, List<Part> parts, int panel) {
    QuantizedRow row = QuantizedRow.ofInputs(matrix.inputs());
    byte[] panelBytes = new byte[(int) matrix.panelBytes()];
    MemorySegment target = MemorySegment.ofArray(panelBytes);
    for (int column = 0; column < BlockFormat.PANEL; column++) {
      int output = panel * BlockFormat.PANEL + column;
      if (output < matrix.outputs()) {
        packRow(matrix, parts, output, row, panelBytes, target);
      }
    }
    MemorySegment.copy(target, 0, matrix.weights(), panel * matrix.panelBytes(), panelBytes.length);
  }

  private static void packRow(
      BlockMatrix matrix,
      List<Part> parts,
      int output,
      QuantizedRow row,
      byte[] bytes,
      MemorySegment target) {
    int column = output % BlockFormat.PANEL;
    int first = 0;
    for (Part part : parts) {
      if (output < first + part.rows()) {
        int sourceRow = part.sourceRow().applyAsInt(output - first);
        if (!StoredBlocks.copy(matrix, part.tensor(), sourceRow, column, target)) {
          read(matrix.format(), part.tensor(), sourceRow, row);
          place(matrix, row, column, bytes, target);
        }
        return;
      }
      first += part.rows();
    }
    throw new IndexOutOfBoundsException("row " + output);
  }

  private static void read(BlockFormat format, Tensor tensor, int sourceRow, QuantizedRow row) {
    if (!row.keep(format, tensor, sourceRow)) {
      row.quantize(format, Dequantizer.row(tensor, sourceRow));
    }
  }

  private static void place(
      BlockMatrix matrix, QuantizedRow row, int column, byte[] bytes, MemorySegment target) {
    int blockBytes = matrix.format().weightBytes;
    for (int block = 0; block < matrix.blocks(); block++) {
      int at = block * blockBytes;
      int first = block * BlockFormat.BLOCK;
      switch (matrix.format()) {
        case INT4 -> {
          for (int i = 0; i < 16; i++) {
            bytes[at + 32 * (i / 4) + 4 * column + i % 4] =
                (byte) (row.q()[first + i] | row.q()[first + 16 + i] << 4);
          }
          put(target, at + 128 + 4 * column, row.scales()[block]);
          put(target, at + 160 + 4 * column, row.minima()[block]);
        }
        case INT8 -> {
          for (int i = 0; i < BlockFormat.BLOCK; i++) {
            bytes[at + 16 * (i / 2) + 2 * column + i % 2] = row.q()[first + i];
          }
          put(target, at + 256 + 4 * column, row.scales()[block]);
        }
      }
    }
  }

  private static void put(MemorySegment target, int at, float value) {
    target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
  }
}
