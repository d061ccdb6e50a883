package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelInfo;
import platform.deepseek.inference.ort.OperatorKernel;

/**
 * Layers with experts on a GPU: a row is multiplied with the experts that it chose and with no
 * others, and rows that chose the same one together. Which ones these are only the device knows:
 * launches are as large as the worst choice of so many rows, so nobody waits for it, and a recorded
 * step is right for every choice.
 *
 * <p>The router's product is float32 in every precision, as on the processor. ONNX Runtime's MoE
 * would route by softmax alone, without groups and corrections, and wants gates and ups
 * interleaved. Experts that all rows use are products of the library, and only where they are
 * quantised of the same kernels as the others, which read blocks as they lie.
 */
final class CudaExperts implements RowOperators, AutoCloseable {

  private final Device device;
  private final ModelConfig config;
  private final ElementType numbers;
  private final CudaWeights weights;
  private final ExpertKernels kernels;
  private final List<Long> memory = new ArrayList<>();
  private final long choice;
  private final long factors;
  private final long places;
  private final long rowsAt;
  private final long tiles;
  private final long gated;
  private final long results;
  private final boolean shared;
  private final boolean quantized;
  private CudaBatch batch;

  /**
   * @param maxRows of a run
   */
  CudaExperts(
      Device device, ModelConfig config, CudaNumbers numbers, CudaWeights weights, int maxRows) {
    CudaPrecision precision = numbers.elements();
    MixtureOfExperts mixture = config.mixture().orElseThrow();
    this.device = device;
    this.config = config;
    this.numbers = precision.elementType;
    this.weights = weights;
    this.shared = mixture.sharedIntermediate() > 0;
    this.quantized = numbers.matrices().quantized();
    this.kernels =
        new ExpertKernels(device, precision, numbers.matrices(), mixture, config.hidden());
    long pairs = (long) maxRows * mixture.chosen();
    choice = allocate(pairs * Integer.BYTES);
    factors = allocate(pairs * Float.BYTES);
    places = allocate(pairs * Integer.BYTES);
    rowsAt = allocate(pairs * Integer.BYTES);
    tiles = allocate(tileBytes(mixture, maxRows));
    gated = allocate(gatedNumbers(mixture, maxRows) * precision.bytes());
    results = allocate(pairs * config.hidden() * precision.bytes());
  }

  private long allocate(long bytes) {
    memory.add(device.allocate(bytes));
    return memory.getLast();
  }

  private static long tileBytes(MixtureOfExperts mixture, int maxRows) {
    return 4L * Integer.BYTES * ExpertTiles.FEW.most(mixture, maxRows);
  }

  /** Of all rows with their experts, or, before them, with the shared ones. */
  private static long gatedNumbers(MixtureOfExperts mixture, int maxRows) {
    long ofRow =
        Math.max((long) mixture.chosen() * mixture.intermediate(), mixture.sharedIntermediate());
    return maxRows * ofRow;
  }

  /** Device memory that is held for runs of so many rows. */
  static long bytes(ModelConfig config, CudaPrecision precision, int maxRows) {
    MixtureOfExperts mixture = config.mixture().orElseThrow();
    long pairs = (long) maxRows * mixture.chosen();
    long ofPair = 4L * Integer.BYTES + (long) config.hidden() * precision.bytes();
    return pairs * ofPair
        + gatedNumbers(mixture, maxRows) * precision.bytes()
        + tileBytes(mixture, maxRows);
  }

  @Override
  public void begin(CudaBatch batch) {
    this.batch = batch;
  }

  /** Inputs: rows, the router's logits, and the shared experts' results where there are any. */
  @Override
  public List<CustomOperator> operators() {
    List<ElementType> inputs = new ArrayList<>(List.of(numbers, ElementType.FLOAT));
    if (shared) {
      inputs.add(numbers);
    }
    List<ElementType> one = List.of(numbers);
    List<CustomOperator> operators =
        new ArrayList<>(List.of(CudaOperators.operator("Experts", inputs, one, this::experts)));
    if (shared && quantized) {
      operators.add(CudaOperators.operator("SharedExperts", one, one, this::sharedExperts));
    }
    return operators;
  }

  private OperatorKernel sharedExperts(KernelInfo info) {
    int layer = info.attribute(CudaOperators.INDEX);
    DeviceMatrix gateUp = weights.matrix(WeightRole.SHARED_GATE, layer);
    DeviceMatrix down = weights.matrix(WeightRole.SHARED_DOWN, layer);
    return context -> {
      int rows = batch.rows();
      long out = context.output(0, rows, config.hidden());
      kernels.multiplyShared(out, gated, context.input(0), gateUp, down, rows);
    };
  }

  private OperatorKernel experts(KernelInfo info) {
    int layer = info.attribute(CudaOperators.INDEX);
    long correction = weights.address(WeightRole.ROUTER_BIAS, layer);
    DeviceMatrix gateUp = weights.matrix(WeightRole.EXPERT_GATE, layer);
    DeviceMatrix down = weights.matrix(WeightRole.EXPERT_DOWN, layer);
    return context -> {
      int rows = batch.rows();
      kernels.route(choice, factors, context.input(1), correction, rows);
      kernels.group(places, rowsAt, tiles, choice, rows);
      kernels.multiply(results, gated, context.input(0), gateUp, down, tiles, rowsAt, rows);
      kernels.combine(
          context.output(0, rows, config.hidden()),
          shared ? context.input(2) : 0,
          results,
          places,
          factors,
          rows);
    };
  }

  @Override
  public void close() {
    kernels.close();
    memory.forEach(device::free);
  }
}
