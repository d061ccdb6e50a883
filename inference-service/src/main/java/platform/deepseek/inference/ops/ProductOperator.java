package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.util.List;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelContext;
import platform.deepseek.inference.ort.KernelInfo;
import platform.deepseek.inference.ort.OperatorKernel;

/**
 * Operator {@code Product}: y = addend + prepare(x) W, with W in {@link BlockFormat}.
 *
 * <p>What stands between two products of a decoder is done here while a row is in the cache, before
 * it is quantised: nothing, the norm, or SwiGLU. So a layer is five nodes, and rows are quantised
 * exactly once for each product that reads them.
 *
 * <ul>
 *   <li>inputs: x [rows, K] (SwiGLU: [rows, 2 K], gate first), gamma [K] (norm), addend
 *   <li>attributes: matrix (its number), prepare (0 nothing, 1 norm, 2 SwiGLU), addend (0 none, 1
 *       residual [rows, N], 2 bias [N])
 *   <li>output: [rows, N rounded up to 8]
 * </ul>
 */
final class ProductOperator implements AutoCloseable {

  /** What happens to a row before it is quantised. */
  enum Prepare {
    NOTHING,
    NORM,
    SWIGLU
  }

  /** What is added to the product. */
  enum Addend {
    NONE,
    RESIDUAL,
    BIAS
  }

  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** Rows that are multiplied with a panel before the next panel: their integers fit the L2. */
  private static final int ROWS_PER_UNIT = 64;

  /** Below so many rows the calling thread prepares them alone: waking another costs more. */
  private static final int ROWS_ALONE = 4;

  private static final int ROWS_PER_PREPARATION = 16;

  private final List<BlockMatrix> matrices;
  private final float epsilon;
  private final int threads;
  private final BlockProduct product = BlockProduct.best();
  private final Workspace rowWorkspace;
  private final MemorySegment activations;

  /**
   * @param maxRows rows of a run at most
   * @param epsilon of the norm
   */
  ProductOperator(List<BlockMatrix> matrices, float epsilon, int threads, int maxRows) {
    this.matrices = matrices;
    this.epsilon = epsilon;
    this.threads = threads;
    int widest = matrices.stream().mapToInt(BlockMatrix::inputs).max().orElse(0);
    long largestRow =
        matrices.stream().mapToLong(m -> m.format().rowBytes(m.inputs())).max().orElse(0);
    rowWorkspace = new Workspace(Math.max(1, (long) widest * Float.BYTES));
    activations = NativeMemory.reserve(Math.max(1, largestRow * maxRows));
  }

  CustomOperator operator() {
    return new CustomOperator(
        "Product",
        List.of(ElementType.FLOAT, ElementType.FLOAT, ElementType.FLOAT),
        2,
        List.of(ElementType.FLOAT),
        this::kernel);
  }

  private OperatorKernel kernel(KernelInfo info) {
    BlockMatrix matrix = matrices.get(info.attribute("matrix"));
    Prepare prepare = Prepare.values()[info.attribute("prepare")];
    Addend addend = Addend.values()[info.attribute("addend")];
    return context -> compute(context, matrix, prepare, addend);
  }

  private void compute(
      KernelContext context, BlockMatrix matrix, Prepare prepare, Addend addendKind) {
    int rows = context.rows(0);
    if (rows == 0) {
      context.output(0, 0, matrix.paddedOutputs());
      return;
    }
    long x = context.input(0);
    long gamma = prepare == Prepare.NORM ? context.input(1) : 0;
    long addend = addendKind == Addend.NONE ? 0 : context.input(2);
    long output = context.output(0, rows, matrix.paddedOutputs());
    prepareRows(context, matrix, prepare, x, gamma, rows);
    long stride = (long) matrix.paddedOutputs() * Float.BYTES;
    multiply(
        context, matrix, rows, output, addend, addendKind == Addend.RESIDUAL ? stride : 0, stride);
  }

  private void prepareRows(
      KernelContext context, BlockMatrix matrix, Prepare prepare, long x, long gamma, int rows) {
    if (rows <= ROWS_ALONE) {
      prepareRows(matrix, prepare, x, gamma, 0, rows);
      return;
    }
    int units = (rows + ROWS_PER_PREPARATION - 1) / ROWS_PER_PREPARATION;
    context.parallel(
        units,
        unit -> {
          int first = unit * ROWS_PER_PREPARATION;
          int last = Math.min(rows, first + ROWS_PER_PREPARATION);
          prepareRows(matrix, prepare, x, gamma, first, last);
        });
  }

  private void prepareRows(
      BlockMatrix matrix, Prepare prepare, long x, long gamma, int first, int last) {
    int width = matrix.inputs();
    long rowBytes = (long) width * Float.BYTES;
    for (int row = first; row < last; row++) {
      long target = activations.address() + (long) row * matrix.format().rowBytes(width);
      long source =
          switch (prepare) {
            case NOTHING -> x + row * rowBytes;
            case NORM -> {
              long normed = rowWorkspace.address();
              Elementwise.rmsNorm(MEMORY, x + row * rowBytes, gamma, normed, width, epsilon);
              yield normed;
            }
            case SWIGLU -> {
              long gated = rowWorkspace.address();
              long gate = x + 2 * row * rowBytes;
              Elementwise.swiGlu(MEMORY, gate, gate + rowBytes, gated, width);
              yield gated;
            }
          };
      RowQuantizer.quantize(matrix.format(), MEMORY, source, target, width);
    }
  }

  private void multiply(
      KernelContext context,
      BlockMatrix matrix,
      int rows,
      long output,
      long addend,
      long addendStride,
      long stride) {
    int rowUnits = (rows + ROWS_PER_UNIT - 1) / ROWS_PER_UNIT;
    int panelUnits = Math.min(matrix.panels(), threads == 1 ? 1 : 4 * threads);
    int rowBytes = matrix.format().rowBytes(matrix.inputs());
    context.parallel(
        rowUnits * panelUnits,
        unit -> {
          int firstRow = unit / panelUnits * ROWS_PER_UNIT;
          int rowCount = Math.min(ROWS_PER_UNIT, rows - firstRow);
          long part = unit % panelUnits;
          int firstPanel = (int) (part * matrix.panels() / panelUnits);
          int lastPanel = (int) ((part + 1) * matrix.panels() / panelUnits);
          product.multiply(
              matrix,
              firstPanel,
              lastPanel - firstPanel,
              activations.address() + (long) firstRow * rowBytes,
              rowCount,
              output + firstRow * stride,
              stride,
              addend == 0 ? 0 : addend + firstRow * addendStride,
              addendStride);
        });
  }

  @Override
  public void close() {
    rowWorkspace.close();
    NativeMemory.free(activations);
  }
}
