package platform.deepseek.inference.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Turns stored values into float32, exactly as ggml's reference does.
 *
 * <p>Blocks are copied in small pieces to an array first: loops over an array stay fast whatever
 * kinds of segments (mapped, heap) the process has seen, and bounds are checked once per piece.
 */
public final class Dequantizer {

  private static final int PIECE_BYTES = 1 << 14;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Dequantizer() {}

  /**
   * Converts {@code count} values that begin at byte {@code sourceOffset} of {@code source}.
   *
   * @throws IllegalArgumentException for integer types, and if count is not whole blocks
   * @throws IndexOutOfBoundsException if source or target is too short
   */
  public static void toFloat(
      DType type,
      MemorySegment source,
      long sourceOffset,
      float[] target,
      int targetOffset,
      int count) {
    if (count < 0 || count % type.blockElements != 0) {
      throw new IllegalArgumentException(
          "%d values are not whole %s blocks of %d".formatted(count, type, type.blockElements));
    }
    if (type == DType.F32) {
      MemorySegment.copy(source, FLOAT, sourceOffset, target, targetOffset, count);
      return;
    }
    int blocks = count / type.blockElements;
    int most = PIECE_BYTES / type.blockBytes;
    var piece = new byte[Math.min(blocks, most) * type.blockBytes];
    for (int done = 0; done < blocks; ) {
      int now = Math.min(blocks - done, most);
      MemorySegment.copy(
          source,
          ValueLayout.JAVA_BYTE,
          sourceOffset + (long) done * type.blockBytes,
          piece,
          0,
          now * type.blockBytes);
      decode(type, piece, now, target, targetOffset + done * type.blockElements);
      done += now;
    }
  }

  /** One row of a tensor (its innermost dimension) as float32. */
  public static float[] row(Tensor tensor, long row) {
    var target = new float[Math.toIntExact(tensor.columns())];
    row(tensor, row, target, 0);
    return target;
  }

  /** One row of a tensor into {@code target} from {@code targetOffset} on. */
  public static void row(Tensor tensor, long row, float[] target, int targetOffset) {
    if (row < 0 || row >= tensor.rows()) {
      throw new IndexOutOfBoundsException(
          "row %d of %s, which has %d".formatted(row, tensor.name(), tensor.rows()));
    }
    int columns = Math.toIntExact(tensor.columns());
    toFloat(
        tensor.dtype(),
        tensor.data(),
        row * tensor.dtype().bytes(columns),
        target,
        targetOffset,
        columns);
    tensor.scales().ifPresent(scales -> scales.multiply(row, target, targetOffset, columns));
  }

  private static void decode(DType type, byte[] source, int blocks, float[] target, int at) {
    switch (type) {
      case F16 -> Blocks.f16(source, blocks, target, at);
      case BF16 -> Blocks.bf16(source, blocks, target, at);
      case F8_E4M3 -> Blocks.f8(source, blocks, target, at);
      case Q8_0 -> Blocks.q8(source, blocks, target, at);
      case Q4_0 -> Blocks.q4(source, blocks, target, at);
      case Q4_1 -> Blocks.q4WithMinimum(source, blocks, target, at);
      case Q5_0 -> Blocks.q5(source, blocks, target, at);
      case Q5_1 -> Blocks.q5WithMinimum(source, blocks, target, at);
      case Q4_K -> SuperBlocks.q4(source, blocks, target, at);
      case Q5_K -> SuperBlocks.q5(source, blocks, target, at);
      case Q6_K -> SuperBlocks.q6(source, blocks, target, at);
      case F32, I32, I64, U8 ->
          throw new IllegalArgumentException(type + " is not a type to be dequantised");
    }
  }
}
