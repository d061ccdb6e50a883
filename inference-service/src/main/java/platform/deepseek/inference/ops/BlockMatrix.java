package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;

/**
 * A weight matrix in {@link BlockFormat}, in memory of its own.
 *
 * @param inputs K, a multiple of 32
 * @param outputs N as the model has it
 * @param weights the panels; columns past {@code outputs} are zero
 */
public record BlockMatrix(BlockFormat format, int inputs, int outputs, MemorySegment weights)
    implements WeightMatrix {

  private static final BlockProduct PRODUCT = BlockProduct.best();

  public BlockMatrix {
    requireWholeBlocks(inputs);
  }

  private static void requireWholeBlocks(int inputs) {
    if (inputs % BlockFormat.BLOCK != 0) {
      throw new IllegalArgumentException(
          "a quantised matrix needs inputs in multiples of 32, not %,d; use PRECISION=fp32"
              .formatted(inputs));
    }
  }

  static BlockMatrix allocate(BlockFormat format, int inputs, int outputs) {
    requireWholeBlocks(inputs); // before there are so few that nothing is asked of the system
    long blocks = inputs / BlockFormat.BLOCK;
    MemorySegment weights = NativeMemory.reserve(panels(outputs) * blocks * format.weightBytes);
    NativeMemory.preferHugePages(weights);
    return new BlockMatrix(format, inputs, outputs, weights);
  }

  public int blocks() {
    return inputs / BlockFormat.BLOCK;
  }

  @Override
  public int panels() {
    return (int) panels(outputs);
  }

  /** N rounded up to whole panels: the width of the output rows. */
  public int paddedOutputs() {
    return panels() * BlockFormat.PANEL;
  }

  @Override
  public int activationBytes() {
    return format.rowBytes(inputs);
  }

  @Override
  public void prepare(MemorySegment memory, long source, long target) {
    RowQuantizer.quantize(format, memory, source, target, inputs);
  }

  @Override
  public void multiply(
      int firstPanel, int panels, long activations, int rows, long output, long outputStride) {
    long firstColumn = (long) firstPanel * BlockFormat.PANEL * Float.BYTES;
    PRODUCT.multiply(
        this, firstPanel, panels, activations, rows, output - firstColumn, outputStride, 0, 0);
  }

  long panelBytes() {
    return (long) blocks() * format.weightBytes;
  }

  @Override
  public void close() {
    NativeMemory.free(weights);
  }

  private static long panels(int outputs) {
    return Math.ceilDiv((long) outputs, BlockFormat.PANEL);
  }
}
