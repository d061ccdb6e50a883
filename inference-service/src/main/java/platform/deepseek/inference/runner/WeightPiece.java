package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;

/**
 * Some rows of a tensor on their way to the device.
 *
 * @param weight that they belong to
 * @param expert 0 for roles that are not per expert
 * @param rows 1 for a vector, which is one row
 * @param columns numbers of a row
 * @param offset of its numbers, bytes from the weight's beginning
 */
record WeightPiece(
    CudaWeight weight,
    WeightRole role,
    int expert,
    int firstRow,
    int rows,
    int columns,
    long offset) {

  /** Cuts a weight into pieces of so many bytes at most, of one row at least. */
  static List<WeightPiece> of(CudaWeight weight, ModelConfig config, long mostBytes) {
    List<WeightPiece> pieces = new ArrayList<>();
    long offset = 0;
    int experts = CudaWeight.copies(weight.roles().getFirst(), config);
    for (int expert = 0; expert < experts; expert++) {
      for (WeightRole role : weight.roles()) {
        long[] shape = role.shape(config);
        int rows = shape.length == 1 ? 1 : Math.toIntExact(shape[0]);
        int columns = Math.toIntExact(shape[shape.length - 1]);
        long rowBytes = rowBytes(weight, columns);
        int together = (int) Math.clamp(mostBytes / rowBytes, 1, rows);
        for (int row = 0; row < rows; row += together) {
          int count = Math.min(together, rows - row);
          pieces.add(new WeightPiece(weight, role, expert, row, count, columns, offset));
          offset += count * rowBytes;
        }
      }
    }
    return pieces;
  }

  /** Where the piece's bytes go, in their order. */
  List<Range> ranges() {
    if (!weight.format().quantized()) {
      return List.of(new Range(offset, rows * rowBytes(weight, columns)));
    }
    long first = offset / rowBytes(weight, columns);
    return weight.sections().stream()
        .map(part -> new Range(part.offset() + first * part.rowBytes(), rows * part.rowBytes()))
        .toList();
  }

  /** Bytes on the device. */
  long bytes() {
    return ranges().stream().mapToLong(Range::bytes).sum();
  }

  private static long rowBytes(CudaWeight weight, int columns) {
    return weight.numberBytes(columns);
  }

  /**
   * Neighbouring bytes of a weight.
   *
   * @param offset from the weight's beginning
   */
  record Range(long offset, long bytes) {}
}
