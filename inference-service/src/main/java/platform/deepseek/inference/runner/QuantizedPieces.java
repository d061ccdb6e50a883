package platform.deepseek.inference.runner;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.ops.BlockFormat;
import platform.deepseek.inference.ops.QuantizedRow;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Tensor;

/**
 * Writes stored rows in the blocks of a {@link WeightFormat}; for one thread.
 *
 * <p>A row that is stored in such blocks keeps its integers, and its scales and minimums as
 * float16, which they are in the file but for Q4_K, whose products of two numbers are rounded. Any
 * other row is quantised; there the factors are rounded first and the integers chosen for what they
 * became.
 */
final class QuantizedPieces {

  private static final int LARGEST_BYTE = 127;
  private static final int LARGEST_NIBBLE = 15;
  private static final int HALF_BLOCK = BlockFormat.BLOCK / 2;

  private final ModelWeights weights;
  private QuantizedRow row = QuantizedRow.ofInputs(0);
  private float[] values = new float[0];
  private byte[] packed = new byte[0];
  private short[] halves = new short[0];

  QuantizedPieces(ModelWeights weights) {
    this.weights = weights;
  }

  /** Writes a piece to the beginning of {@code target}: all integers, all scales, all minimums. */
  void write(WeightPiece piece, MemorySegment target) {
    if (values.length != piece.columns()) {
      values = new float[piece.columns()];
      row = QuantizedRow.ofInputs(piece.columns());
      packed = new byte[piece.columns() / 2];
      halves = new short[row.scales().length];
    }
    WeightFormat format = piece.weight().format();
    long numberBytes = (long) piece.columns() * format.bits / Byte.SIZE;
    long factorBytes = (long) halves.length * Short.BYTES;
    long scales = piece.rows() * numberBytes;
    long minimums = scales + piece.rows() * factorBytes;
    for (int r = 0; r < piece.rows(); r++) {
      read(piece, format, piece.firstRow() + r);
      writeNumbers(format, target, r * numberBytes);
      writeHalves(row.scales(), target, scales + r * factorBytes);
      if (format.hasMinimums()) {
        writeHalves(row.minima(), target, minimums + r * factorBytes);
      }
    }
  }

  private void read(WeightPiece piece, WeightFormat format, int canonicalRow) {
    int layer = piece.weight().layer();
    Tensor tensor = weights.tensor(piece.role(), layer, piece.expert());
    int sourceRow = weights.sourceRow(piece.role(), canonicalRow);
    if (!row.keep(format.blocks(), tensor, sourceRow)) {
      Dequantizer.row(tensor, sourceRow, values, 0);
      row.quantize(format.blocks(), values);
      quantizeAgain(format);
    }
  }

  private void quantizeAgain(WeightFormat format) {
    int least = format.hasMinimums() ? 0 : -LARGEST_BYTE;
    int most = format.hasMinimums() ? LARGEST_NIBBLE : LARGEST_BYTE;
    for (int block = 0; block < row.scales().length; block++) {
      float scale = rounded(row.scales()[block]);
      float minimum = rounded(row.minima()[block]);
      float inverse = scale == 0 ? 0 : 1 / scale;
      int first = block * BlockFormat.BLOCK;
      for (int i = first; i < first + BlockFormat.BLOCK; i++) {
        row.q()[i] = (byte) Math.clamp(Math.rint((values[i] - minimum) * inverse), least, most);
      }
    }
  }

  private static float rounded(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(value));
  }

  private void writeNumbers(WeightFormat format, MemorySegment target, long at) {
    byte[] q = row.q();
    if (!format.hasMinimums()) {
      MemorySegment.copy(q, 0, target, ValueLayout.JAVA_BYTE, at, q.length);
      return;
    }
    for (int i = 0; i < packed.length; i++) {
      int low = i / HALF_BLOCK * BlockFormat.BLOCK + i % HALF_BLOCK;
      packed[i] = (byte) (q[low] | q[low + HALF_BLOCK] << 4);
    }
    MemorySegment.copy(packed, 0, target, ValueLayout.JAVA_BYTE, at, packed.length);
  }

  private void writeHalves(float[] from, MemorySegment target, long at) {
    for (int i = 0; i < halves.length; i++) {
      halves[i] = Float.floatToFloat16(from[i]);
    }
    MemorySegment.copy(halves, 0, target, ValueLayout.JAVA_SHORT, at, halves.length);
  }
}
