package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;

/**
 * Decodes a few sequences with kernels of our own alone: five a layer and attention, with norms,
 * biases, SwiGLU and residual sums inside the products.
 *
 * <pre>
 *   x         = Embed(ids)
 *   qkv       = QKV norm(x) + bias                for each layer
 *   x         = x + O attention(qkv)
 *   gated     = SwiGlu(GATE_UP norm(x))
 *   x         = x + DOWN gated
 *   logits    = HEAD norm(x)                      of every row
 * </pre>
 *
 * <p>For so few rows a step takes the time of reading the weights, and what {@link CudaGraph} loses
 * between cuBLAS's products and the operators around them is a fifth of it: on an H200 the products
 * of a 1.5B model take 1,014 us here, norms included, and 1,233 us there without. With more rows
 * than {@link SmallProducts#MOST_ROWS} cuBLAS is faster.
 */
final class FewRowsDecoder implements AutoCloseable {

  private final Device device;
  private final ModelConfig config;
  private final CudaWeights weights;
  private final CudaAttention attention;
  private final ElementwiseKernels elementwise;
  private final SmallProducts products;
  private final SmallProducts headProducts;
  private final boolean headRowsRounded;
  private final long lastTokens;
  private final int mostRows;
  private final long residual;
  private final long qkv;
  private final long attended;
  private final long gated;
  private final long selected;

  /**
   * @param products of the format of the weights' matrices
   * @param lastTokens address of the token that each slot's last step sampled
   */
  FewRowsDecoder(
      Device device,
      ModelConfig config,
      CudaNumbers numbers,
      CudaWeights weights,
      SmallProducts products,
      CudaAttention attention,
      ElementwiseKernels elementwise,
      long lastTokens) {
    this.device = device;
    this.config = config;
    this.weights = weights;
    this.attention = attention;
    this.elementwise = elementwise;
    this.lastTokens = lastTokens;
    this.products = products;
    CudaPrecision elements = numbers.elements();
    this.headRowsRounded = elements.head() != elements;
    this.headProducts =
        headRowsRounded || numbers.matrices().quantized()
            ? new SmallProducts(device, elements.head(), WeightFormat.PUBLISHED)
            : products;
    this.mostRows = mostRows();
    this.residual = rows(config.hidden(), Float.BYTES);
    this.qkv = rows(config.queryRows() + 2 * config.keyRows(), elements.bytes());
    this.attended = rows(config.queryRows(), elements.bytes());
    this.gated = rows(config.intermediate(), elements.bytes());
    this.selected = rows(config.hidden(), elements.head().bytes());
  }

  private long rows(int width, int bytes) {
    return device.allocate((long) SmallProducts.MOST_ROWS * width * bytes);
  }

  /** Layers are alike, so the first speaks for all. */
  private int mostRows() {
    int rows = SmallProducts.MOST_ROWS;
    while (rows > 0 && !everyProductTakes(rows)) {
      rows--;
    }
    return rows;
  }

  private boolean everyProductTakes(int rows) {
    return products.takes(qkv(0), rows)
        && products.takesForResidual(o(0), rows)
        && products.takes(gateUp(0), rows)
        && products.takesForResidual(down(0), rows)
        && headProducts.takes(head(), rows);
  }

  /** Whether runs of so many single tokens are for this decoder. */
  boolean takes(int rows) {
    return rows <= mostRows;
  }

  /**
   * Queues a run.
   *
   * @param batch single tokens, and the logits of all are wanted, in their order
   * @param logits where they go, [rows][vocabulary]
   */
  void run(CudaBatch batch, long logits) {
    int rows = batch.rows();
    elementwise.embed(
        residual,
        weights.address(WeightRole.EMBEDDING, 0),
        batch.idsAddress(),
        batch.slotsAddress(),
        lastTokens,
        config.hidden(),
        rows);
    for (int layer = 0; layer < config.layers(); layer++) {
      layer(batch, layer);
    }
    long gamma = weights.address(WeightRole.FINAL_NORM, 0);
    if (headRowsRounded) {
      elementwise.selectNorm(
          selected,
          residual,
          0,
          gamma,
          config.rmsNormEps(),
          batch.wantedAddress(),
          config.hidden(),
          rows);
      headProducts.product(logits, selected, head(), 0, rows);
    } else {
      headProducts.normProduct(logits, residual, gamma, config.rmsNormEps(), head(), 0, rows);
    }
  }

  private void layer(CudaBatch batch, int layer) {
    int rows = batch.rows();
    products.normProduct(
        qkv,
        residual,
        weights.address(WeightRole.ATTENTION_NORM, layer),
        config.rmsNormEps(),
        qkv(layer),
        weights.address(WeightRole.Q_BIAS, layer),
        rows);
    attention.compute(batch, layer, qkv, CudaAttention.NO_BIAS, attended);
    products.residualProduct(residual, residual, attended, o(layer), rows);
    products.normSwigluProduct(
        gated,
        residual,
        weights.address(WeightRole.MLP_NORM, layer),
        config.rmsNormEps(),
        gateUp(layer),
        rows);
    products.residualProduct(residual, residual, gated, down(layer), rows);
  }

  private DeviceMatrix qkv(int layer) {
    return weights.matrix(WeightRole.Q, layer);
  }

  private DeviceMatrix o(int layer) {
    return weights.matrix(WeightRole.O, layer);
  }

  private DeviceMatrix gateUp(int layer) {
    return weights.matrix(WeightRole.GATE, layer);
  }

  private DeviceMatrix down(int layer) {
    return weights.matrix(WeightRole.DOWN, layer);
  }

  private DeviceMatrix head() {
    return weights.matrix(WeightRole.HEAD, 0);
  }

  @Override
  public void close() {
    device.free(residual);
    device.free(qkv);
    device.free(attended);
    device.free(gated);
    device.free(selected);
    if (headProducts != products) {
      headProducts.close();
    }
  }
}
