package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;

/**
 * Queues what a decoder does between its products (elementwise.cu). Addresses are of the device;
 * the residual stream and the factors of norms are float32, other rows of the model's precision.
 *
 * <p>Row lengths are multiples of eight: all accesses are 16 bytes wide.
 */
final class ElementwiseKernels implements AutoCloseable {

  private static final int WARP = 32;
  private static final int VECTOR = 8;
  private static final int MOST_THREADS = 1024;

  /** Measured on an H200: 3 % more than 256 threads reach. */
  private static final int SWIGLU_THREADS = 128;

  /** CUDA's limit for the second dimension of a grid; the kernel walks on from there. */
  private static final int MOST_GRID_ROWS = 65_535;

  private final Device device;
  private final KernelModule module;
  private final Kernel embed;
  private final Kernel addNorm;
  private final Kernel selectNorm;
  private final Kernel swiglu;
  private final Kernel selectRows;
  private final Kernel selectHidden;

  ElementwiseKernels(Device device, CudaPrecision precision) {
    this.device = device;
    module = precision.load(device, "elementwise");
    embed = module.kernel("embed");
    addNorm = module.kernel("add_norm");
    selectNorm = module.kernel("select_norm");
    swiglu = module.kernel("swiglu");
    selectRows = module.kernel("select_rows");
    selectHidden = module.kernel("select_hidden");
  }

  /**
   * residual[row] = embedding[ids[row]]; where an id is negative, it is last[slots[row]] instead.
   *
   * @param residual float32 [rows, hidden]
   * @param embedding [vocabulary, hidden]
   * @param ids int32 [rows]
   * @param slots int32 [rows]
   * @param last int32 by slot
   */
  void embed(long residual, long embedding, long ids, long slots, long last, int hidden, int rows) {
    device.launch(embed, perRow(hidden, rows), residual, embedding, ids, slots, last, hidden, rows);
  }

  /**
   * residualOut = residualIn + branch; normed = its RMS norm times gamma.
   *
   * @param normed [rows, hidden]
   * @param residualOut float32 [rows, hidden]; may be residualIn, or 0: not wanted
   * @param residualIn float32 [rows, hidden]
   * @param branch [rows, hidden], or 0: nothing is added
   * @param gamma float32 [hidden]
   */
  void addNorm(
      long normed,
      long residualOut,
      long residualIn,
      long branch,
      long gamma,
      double epsilon,
      int hidden,
      int rows) {
    device.launch(
        addNorm,
        perRow(hidden, rows),
        normed,
        residualOut,
        residualIn,
        branch,
        gamma,
        Double.doubleToRawLongBits(epsilon),
        hidden,
        rows);
  }

  /**
   * The head's input: the RMS norm of chosen rows of residual + branch, times gamma.
   *
   * @param out float16 [count, hidden]
   * @param residual float32 [rows, hidden]
   * @param branch [rows, hidden], or 0: nothing is added
   * @param gamma float32 [hidden]
   * @param wanted int32 [count], rows
   */
  void selectNorm(
      long out,
      long residual,
      long branch,
      long gamma,
      double epsilon,
      long wanted,
      int hidden,
      int count) {
    device.launch(
        selectNorm,
        perRow(hidden, count),
        out,
        residual,
        branch,
        gamma,
        Double.doubleToRawLongBits(epsilon),
        wanted,
        hidden,
        count);
  }

  /**
   * out = silu(gate) * up.
   *
   * @param out [rows, intermediate]
   * @param gateUp [rows, 2 * intermediate], the gate first
   */
  void swiglu(long out, long gateUp, int intermediate, int rows) {
    requireVectors(intermediate);
    int columns = Math.ceilDiv(intermediate, VECTOR * SWIGLU_THREADS);
    Grid grid = new Grid(columns, Math.min(rows, MOST_GRID_ROWS), 1, SWIGLU_THREADS, 0);
    device.launch(swiglu, grid, out, gateUp, intermediate, rows);
  }

  /**
   * Chosen rows as float16.
   *
   * @param out float16 [count, hidden]
   * @param normed [rows, hidden]
   * @param wanted int32 [count], rows
   */
  void selectRows(long out, long normed, long wanted, int hidden, int count) {
    device.launch(selectRows, perRow(hidden, count), out, normed, wanted, hidden, count);
  }

  /**
   * Chosen rows of the residual stream.
   *
   * @param out float32 [count, hidden]
   * @param residual float32 [rows, hidden]
   * @param wanted int32 [count], rows
   */
  void selectHidden(long out, long residual, long wanted, int hidden, int count) {
    device.launch(selectHidden, perRow(hidden, count), out, residual, wanted, hidden, count);
  }

  @Override
  public void close() {
    module.close();
  }

  /** A block for each row, and a thread for each eight of its elements. */
  private static Grid perRow(int hidden, int rows) {
    requireVectors(hidden);
    int threads = WARP * Math.ceilDiv(hidden, WARP * VECTOR);
    return new Grid(rows, 1, 1, Math.min(threads, MOST_THREADS), 0);
  }

  private static void requireVectors(int width) {
    if (width % VECTOR != 0) {
      throw new IllegalArgumentException(
          "rows of %d elements; the GPU's kernels need a multiple of %d, so run this model with"
                  .formatted(width, VECTOR)
              + " DEVICE=cpu");
    }
  }
}
