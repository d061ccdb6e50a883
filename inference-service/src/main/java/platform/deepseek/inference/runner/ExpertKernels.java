package platform.deepseek.inference.runner;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.model.MixtureOfExperts;

/**
 * Queues what layers with experts do (experts.cu, expert_products.cu,
 * quantized_expert_products.cu). Addresses are of the device; rows are of the model's precision,
 * logits, corrections and weights float32, the rest int32.
 */
final class ExpertKernels implements AutoCloseable {

  private static final int MOST_EXPERTS = 1024;
  private static final int MOST_GROUPS = 128;
  private static final int VECTOR = 8;

  /** What quantised experts' channels are a multiple of: a step of their kernels. */
  private static final int QUANTIZED_STEP = 64;

  private static final int ROUTED_ROWS = 4;
  private static final int THREADS = 128;
  private static final int WARP = 32;
  private static final int MOST_THREADS = 1024;

  private final Device device;
  private final WeightFormat format;
  private final MixtureOfExperts mixture;
  private final int hidden;
  private final KernelModule choosing;
  private final KernelModule multiplying;
  private final Kernel route;
  private final Kernel group;
  private final Kernel combine;
  private final Map<ExpertTiles, Product> products = new EnumMap<>(ExpertTiles.class);

  /** The products for one size of tiles. */
  private record Product(Kernel gateUp, Kernel down) {}

  /**
   * @param format of the experts' matrices
   */
  ExpertKernels(
      Device device,
      CudaPrecision precision,
      WeightFormat format,
      MixtureOfExperts mixture,
      int hidden) {
    requireSupported(mixture, hidden, format);
    this.device = device;
    this.format = format;
    this.mixture = mixture;
    this.hidden = hidden;
    choosing = precision.load(device, "experts");
    multiplying =
        precision.load(
            device, format.quantized() ? "quantized_expert_products" : "expert_products");
    route = choosing.kernel("route");
    group = choosing.kernel("group_rows");
    combine = choosing.kernel("combine_experts");
    for (ExpertTiles tiles : ExpertTiles.values()) {
      products.put(
          tiles,
          new Product(
              multiplying.kernel(format.prefix + "expert_gate_up_" + tiles.rows),
              multiplying.kernel(format.prefix + "expert_down_" + tiles.rows)));
    }
  }

  /**
   * Refuses a mixture that the kernels do not take.
   *
   * @throws IllegalArgumentException with what to do
   */
  static void requireSupported(MixtureOfExperts mixture, int hidden, WeightFormat format) {
    if (mixture.experts() > MOST_EXPERTS || mixture.routing().groups() > MOST_GROUPS) {
      throw new IllegalArgumentException(
          "%,d experts in %,d groups; on a GPU they can be %,d in %,d, so run this model with"
                  .formatted(
                      mixture.experts(), mixture.routing().groups(), MOST_EXPERTS, MOST_GROUPS)
              + " DEVICE=cpu");
    }
    if (mixture.intermediate() % VECTOR != 0 || hidden % VECTOR != 0) {
      throw new IllegalArgumentException(
          "experts of %d channels in rows of %d; a GPU's kernels need multiples of %d, so run this"
                  .formatted(mixture.intermediate(), hidden, VECTOR)
              + " model with DEVICE=cpu");
    }
    int channels = mixture.intermediate() | mixture.sharedIntermediate() | hidden;
    if (format.quantized() && channels % QUANTIZED_STEP != 0) {
      throw new IllegalArgumentException(
          "experts of %d channels, shared ones of %d, in rows of %d; on a GPU PRECISION=%s needs"
                  .formatted(
                      mixture.intermediate(),
                      mixture.sharedIntermediate(),
                      hidden,
                      format.name().toLowerCase(Locale.ROOT))
              + " multiples of %d, so set PRECISION=fp16".formatted(QUANTIZED_STEP));
    }
  }

  /**
   * Chooses each row's experts.
   *
   * @param choice [rows, chosen], written
   * @param weights [rows, chosen], written: what their results are multiplied with
   * @param logits [rows, experts]
   * @param correction [experts], or 0: none
   */
  void route(long choice, long weights, long logits, long correction, int rows) {
    MixtureOfExperts.Routing routing = mixture.routing();
    device.launch(
        route,
        new Grid(Math.ceilDiv(rows, ROUTED_ROWS), 1, 1, THREADS, 0),
        choice,
        weights,
        logits,
        correction,
        mixture.experts(),
        mixture.chosen(),
        routing.scoring() == MixtureOfExperts.Scoring.SIGMOID ? 1 : 0,
        routing.groups(),
        routing.keptGroups(),
        routing.normalised() ? 1 : 0,
        Double.doubleToRawLongBits(routing.factor()),
        rows);
  }

  /** The tiles in which so many rows are multiplied. */
  ExpertTiles tiles(int rows) {
    long ofAnExpert = (long) rows * mixture.chosen() / mixture.experts();
    return ExpertTiles.of(ofAnExpert, format, device.mostSharedMemory());
  }

  /**
   * Brings rows that chose the same expert together.
   *
   * @param places [rows, chosen], written: where each choice stands
   * @param rowsAt [rows * chosen], written: the row that stands there
   * @param tiles written; of four numbers, as many as {@link ExpertTiles#most}
   */
  void group(long places, long rowsAt, long tiles, long choice, int rows) {
    ExpertTiles size = tiles(rows);
    long pairs = (long) rows * mixture.chosen();
    device.launch(
        group,
        new Grid(1, 1, 1, MOST_THREADS, 0),
        places,
        rowsAt,
        tiles,
        choice,
        mixture.experts(),
        mixture.chosen(),
        pairs,
        size.rows,
        size.most(mixture, rows));
  }

  /**
   * gated = silu(x GATE) * (x UP), results = gated DOWN, of each place with its expert.
   *
   * @param results [rows * chosen, hidden], written
   * @param gated [rows * chosen, intermediate], written
   * @param x [rows, hidden]
   * @param gateUp [experts * 2 * intermediate, hidden], of each expert the gates first
   * @param down [experts * hidden, intermediate]
   */
  void multiply(
      long results,
      long gated,
      long x,
      DeviceMatrix gateUp,
      DeviceMatrix down,
      long tiles,
      long rowsAt,
      int rows) {
    ExpertTiles size = tiles(rows);
    int count = size.most(mixture, rows);
    Rows chosen = new Rows(count, tiles, rowsAt, rows);
    gateUp(size, gated, x, gateUp, chosen, mixture.intermediate());
    down(size, results, gated, down, chosen, mixture.intermediate());
  }

  /**
   * The same of all rows with the one expert that there is, of quantised weights.
   *
   * @param out [rows, hidden], written
   * @param gated [rows, shared intermediate], written
   * @param gateUp [2 * shared intermediate, hidden], gates first
   * @param down [hidden, shared intermediate]
   */
  void multiplyShared(
      long out, long gated, long x, DeviceMatrix gateUp, DeviceMatrix down, int rows) {
    ExpertTiles size = ExpertTiles.ofAll(rows, format, device.mostSharedMemory());
    Rows all = new Rows(Math.ceilDiv(rows, size.rows), 0, 0, rows);
    gateUp(size, gated, x, gateUp, all, mixture.sharedIntermediate());
    down(size, out, gated, down, all, mixture.sharedIntermediate());
  }

  /**
   * Which rows are multiplied with which expert.
   *
   * @param count of tiles
   * @param tiles address, or 0: all rows with the first expert
   * @param rowsAt address, or 0: in their order
   */
  private record Rows(int count, long tiles, long rowsAt, int rows) {}

  private void gateUp(
      ExpertTiles size, long gated, long x, DeviceMatrix matrix, Rows rows, int intermediate) {
    Kernel kernel = products.get(size).gateUp;
    Grid grid = grid(size, rows, 2 * intermediate);
    if (format.quantized()) {
      device.launch(
          kernel,
          grid,
          gated,
          x,
          matrix.weight(),
          matrix.scales(),
          matrix.minimums(),
          rows.tiles,
          rows.rowsAt,
          hidden,
          intermediate,
          rows.rows);
    } else {
      device.launch(
          kernel, grid, gated, x, matrix.weight(), rows.tiles, rows.rowsAt, hidden, intermediate);
    }
  }

  private void down(
      ExpertTiles size, long results, long gated, DeviceMatrix matrix, Rows rows, int inputs) {
    Kernel kernel = products.get(size).down;
    Grid grid = grid(size, rows, hidden);
    if (format.quantized()) {
      device.launch(
          kernel,
          grid,
          results,
          gated,
          matrix.weight(),
          matrix.scales(),
          matrix.minimums(),
          rows.tiles,
          inputs,
          hidden,
          rows.rows);
    } else {
      device.launch(kernel, grid, results, gated, matrix.weight(), rows.tiles, inputs, hidden);
    }
  }

  private Grid grid(ExpertTiles size, Rows rows, int outputs) {
    int across = Math.ceilDiv(outputs, size.outputs);
    return new Grid(rows.count, across, 1, THREADS, size.sharedBytes(format));
  }

  /**
   * out = shared + the weighed sum of each row's results.
   *
   * @param out [rows, hidden]
   * @param shared [rows, hidden], or 0: nothing is added
   */
  void combine(long out, long shared, long results, long places, long weights, int rows) {
    int threads = Math.min(MOST_THREADS, WARP * Math.ceilDiv(hidden, WARP * VECTOR));
    device.launch(
        combine,
        new Grid(rows, 1, 1, threads, 0),
        out,
        shared,
        results,
        places,
        weights,
        mixture.chosen(),
        hidden,
        rows);
  }

  @Override
  public void close() {
    choosing.close();
    multiplying.close();
  }
}
