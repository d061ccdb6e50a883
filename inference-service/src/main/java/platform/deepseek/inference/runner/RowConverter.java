package platform.deepseek.inference.runner;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Tensor;

/**
 * Writes stored rows as numbers of the wanted type; for one thread. Loops go over arrays, which the
 * compiler makes vectors of, and whole rows are copied from there.
 */
final class RowConverter {

  private final ModelWeights weights;
  private final QuantizedPieces quantized;
  private float[] values = new float[0];
  private short[] halves = new short[0];

  RowConverter(ModelWeights weights) {
    this.weights = weights;
    this.quantized = new QuantizedPieces(weights);
  }

  /** Writes a piece to the beginning of {@code target}. */
  void write(WeightPiece piece, MemorySegment target) {
    CudaPrecision type = piece.weight().type();
    int layer = piece.weight().layer();
    if (piece.weight().shape().size() == 1) {
      write(weights.vector(piece.role(), layer), piece.columns(), type, target, 0);
      return;
    }
    if (piece.weight().format().quantized()) {
      quantized.write(piece, target);
      return;
    }
    Tensor tensor = weights.tensor(piece.role(), layer, piece.expert());
    if (tensor.dtype() == type.storedType) {
      copy(piece, tensor, target);
      return;
    }
    if (values.length < piece.columns()) {
      values = new float[piece.columns()];
    }
    for (int row = 0; row < piece.rows(); row++) {
      int stored = weights.sourceRow(piece.role(), piece.firstRow() + row);
      Dequantizer.row(tensor, stored, values, 0);
      write(values, piece.columns(), type, target, (long) row * piece.columns());
    }
  }

  private void copy(WeightPiece piece, Tensor tensor, MemorySegment target) {
    long rowBytes = tensor.dtype().bytes(tensor.columns());
    if (weights.inOrder(piece.role())) {
      long bytes = piece.rows() * rowBytes;
      MemorySegment.copy(tensor.data(), piece.firstRow() * rowBytes, target, 0, bytes);
      return;
    }
    for (int row = 0; row < piece.rows(); row++) {
      long stored = weights.sourceRow(piece.role(), piece.firstRow() + row);
      MemorySegment.copy(tensor.data(), stored * rowBytes, target, row * rowBytes, rowBytes);
    }
  }

  private void write(
      float[] from, int count, CudaPrecision type, MemorySegment target, long index) {
    switch (type) {
      case FP32 ->
          MemorySegment.copy(from, 0, target, ValueLayout.JAVA_FLOAT, index * Float.BYTES, count);
      case FP16, BF16 -> {
        if (halves.length < count) {
          halves = new short[count];
        }
        type.round(from, halves, count);
        MemorySegment.copy(halves, 0, target, ValueLayout.JAVA_SHORT, index * Short.BYTES, count);
      }
    }
  }
}
