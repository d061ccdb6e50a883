package platform.deepseek.inference.runner;

import java.util.Arrays;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;

/**
 * Queues products of few rows with weight matrices, with what comes before and after them fused in
 * (products.cu, quantized_products.cu): RMS norm, bias, SwiGLU, the sum into the residual stream.
 *
 * <p>For up to {@link #MOST_ROWS} rows a product takes the time of reading its matrix, and the
 * library's kernels spend a good part of it on starting and ending. A row's result depends neither
 * on the other rows nor on how many there are.
 *
 * <p>Addresses are of the device; the residual stream, norms' factors and biases are float32, other
 * rows of the model's precision. One object serves the matrices of one format.
 */
final class SmallProducts implements AutoCloseable {

  static final int MOST_ROWS = 8;

  private static final int DEQUANTIZE_THREADS = 256;
  private static final int DEQUANTIZE_BLOCKS_EACH = 8;

  private final Device device;
  private final int elementBytes;
  private final WeightFormat format;
  private final KernelModule module;
  private final Kernel product;
  private final Kernel normProduct;
  private final Kernel normSwigluProduct;
  private final Kernel residualProduct;
  private final Kernel wideResidualProduct;
  private final Kernel conversion;

  /**
   * @param format of all matrices that will be given
   */
  SmallProducts(Device device, CudaPrecision precision, WeightFormat format) {
    this.device = device;
    this.elementBytes = precision.bytes();
    this.format = format;
    boolean quantized = format.quantized();
    module = precision.load(device, quantized ? "quantized_products" : "products");
    product = module.kernel(format.prefix + "few_rows_product");
    normProduct = module.kernel(format.prefix + "few_rows_norm_product");
    normSwigluProduct = module.kernel(format.prefix + "few_rows_norm_swiglu_product");
    residualProduct = module.kernel(format.prefix + "few_rows_residual_product");
    wideResidualProduct =
        quantized ? residualProduct : module.kernel("few_rows_residual_product_wide");
    conversion = quantized ? module.kernel(format.prefix + "dequantize") : null;
  }

  /**
   * Whether so many rows of such a matrix can be multiplied by {@link #product}, {@link
   * #normProduct} and {@link #normSwigluProduct}; else the library has to.
   */
  boolean takes(DeviceMatrix matrix, int rows) {
    return rows <= MOST_ROWS && possible(matrix) && fits(normed(matrix, 2, rows));
  }

  /** Whether {@link #residualProduct} can multiply so many rows with such a matrix. */
  boolean takesForResidual(DeviceMatrix matrix, int rows) {
    return rows <= MOST_ROWS && possible(matrix) && fits(residual(matrix, 1));
  }

  private boolean possible(DeviceMatrix matrix) {
    return matrix.format() == format
        && matrix.inputs() % format.alignment() == 0
        && matrix.outputs() % (2 * ProductShape.TILE) == 0;
  }

  private boolean fits(ProductShape shape) {
    return shape.sharedBytes() <= device.mostSharedMemory();
  }

  /**
   * out = x * matrix + bias.
   *
   * @param out [rows, outputs]
   * @param x [rows, inputs]
   * @param bias float32 [outputs], or 0: none
   */
  void product(long out, long x, DeviceMatrix matrix, long bias, int rows) {
    ProductShape shape = normed(matrix, 1, rows);
    Arguments arguments = new Arguments(out, x).matrix(matrix).and(bias);
    launch(product, shape, arguments.and(matrix.inputs(), matrix.outputs(), rows, shape.split()));
  }

  /**
   * out = rmsnorm(residual) * gamma * matrix + bias.
   *
   * @param out [rows, outputs]
   * @param residual float32 [rows, inputs]
   * @param gamma float32 [inputs]
   * @param bias float32 [outputs], or 0: none
   */
  void normProduct(
      long out,
      long residual,
      long gamma,
      double epsilon,
      DeviceMatrix matrix,
      long bias,
      int rows) {
    ProductShape shape = normed(matrix, 1, rows);
    Arguments arguments =
        new Arguments(out, residual, gamma, Double.doubleToRawLongBits(epsilon))
            .matrix(matrix)
            .and(bias, matrix.inputs(), matrix.outputs(), rows, shape.split());
    launch(normProduct, shape, arguments);
  }

  /**
   * n = rmsnorm(residual) * gamma; out = silu(n * gate) * (n * up).
   *
   * @param out [rows, outputs / 2]
   * @param residual float32 [rows, inputs]
   * @param gamma float32 [inputs]
   * @param gateUp gate above up
   */
  void normSwigluProduct(
      long out, long residual, long gamma, double epsilon, DeviceMatrix gateUp, int rows) {
    ProductShape shape = normed(gateUp, 2, rows);
    Arguments arguments =
        new Arguments(out, residual, gamma, Double.doubleToRawLongBits(epsilon))
            .matrix(gateUp)
            .and(gateUp.inputs(), gateUp.outputs() / 2, rows, shape.split());
    launch(normSwigluProduct, shape, arguments);
  }

  /**
   * residualOut = residualIn + x * matrix.
   *
   * @param residualOut float32 [rows, outputs]; may be residualIn
   * @param residualIn float32 [rows, outputs]
   * @param x [rows, inputs]
   */
  void residualProduct(long residualOut, long residualIn, long x, DeviceMatrix matrix, int rows) {
    int together = rows;
    while (!fits(residual(matrix, together))) {
      together--;
    }
    for (int row = 0; row < rows; row += together) {
      int count = Math.min(together, rows - row);
      long sums = (long) row * matrix.outputs() * Float.BYTES;
      ProductShape shape = residual(matrix, count);
      Arguments arguments =
          new Arguments(
                  residualOut + sums,
                  residualIn + sums,
                  x + (long) row * matrix.inputs() * elementBytes)
              .matrix(matrix)
              .and(matrix.inputs(), matrix.outputs(), count, shape.split());
      launch(wide(matrix) ? wideResidualProduct : residualProduct, shape, arguments);
    }
  }

  /**
   * Writes a quantised matrix in the model's precision, for products of many rows.
   *
   * @param out [outputs, inputs]
   */
  void dequantize(long out, DeviceMatrix matrix) {
    long elements = (long) matrix.outputs() * matrix.inputs();
    int blocks = device.multiprocessors() * DEQUANTIZE_BLOCKS_EACH;
    device.launch(
        conversion,
        new Grid(blocks, 1, 1, DEQUANTIZE_THREADS, 0),
        new Arguments(out).matrix(matrix).and(elements).values());
  }

  @Override
  public void close() {
    module.close();
  }

  private ProductShape normed(DeviceMatrix matrix, int tiles, int rows) {
    return ProductShape.staged(device.multiprocessors(), matrix, tiles, rows);
  }

  /** Quantised matrices need x in another order than it has in memory. */
  private ProductShape residual(DeviceMatrix matrix, int rows) {
    return format.quantized()
        ? ProductShape.staged(device.multiprocessors(), matrix, 1, rows)
        : ProductShape.streamed(device.multiprocessors(), matrix, wide(matrix) ? 2 : 1);
  }

  /** Whether x is long enough that reading it half as often pays. */
  private static boolean wide(DeviceMatrix matrix) {
    return matrix.inputs() > 2 * matrix.outputs();
  }

  private void launch(Kernel kernel, ProductShape shape, Arguments arguments) {
    device.launch(kernel, shape.grid(), arguments.values());
  }

  /** A kernel's arguments in their order. */
  private record Arguments(long... values) {

    Arguments matrix(DeviceMatrix matrix) {
      return matrix.format().quantized()
          ? and(matrix.weight(), matrix.scales(), matrix.minimums())
          : and(matrix.weight());
    }

    Arguments and(long... more) {
      long[] all = Arrays.copyOf(values, values.length + more.length);
      System.arraycopy(more, 0, all, values.length, more.length);
      return new Arguments(all);
    }
  }
}
