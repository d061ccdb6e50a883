package platform.deepseek.inference.runner;

import java.util.EnumMap;
import java.util.Map;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.model.MixtureOfExperts;

/**
 * Queues what layers with experts do (experts.cu, expert_products.cu). Addresses are of the device;
 * rows are of the model's precision, logits, corrections and weights float32, the rest int32.
 */
final class ExpertKernels implements AutoCloseable {

  private static final int MOST_EXPERTS = 1024;
  private static final int MOST_GROUPS = 128;
  private static final int VECTOR = 8;
  private static final int ROUTED_ROWS = 4;
  private static final int THREADS = 128;
  private static final int WARP = 32;
  private static final int MOST_THREADS = 1024;

  private final Device device;
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

  ExpertKernels(Device device, CudaPrecision precision, MixtureOfExperts mixture, int hidden) {
    requireSupported(mixture, hidden);
    this.device = device;
    this.mixture = mixture;
    this.hidden = hidden;
    choosing = precision.load(device, "experts");
    multiplying = precision.load(device, "expert_products");
    route = choosing.kernel("route");
    group = choosing.kernel("group_rows");
    combine = choosing.kernel("combine_experts");
    for (ExpertTiles tiles : ExpertTiles.values()) {
      products.put(
          tiles,
          new Product(
              multiplying.kernel("expert_gate_up_" + tiles.rows),
              multiplying.kernel("expert_down_" + tiles.rows)));
    }
  }

  /**
   * Refuses a mixture that the kernels do not take.
   *
   * @throws IllegalArgumentException with what to do
   */
  static void requireSupported(MixtureOfExperts mixture, int hidden) {
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
    return ExpertTiles.of(mixture, rows, device.mostSharedMemory());
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
   * @param gateUp [experts, 2 * intermediate, hidden], gates first
   * @param down [experts, hidden, intermediate]
   */
  void multiply(
      long results, long gated, long x, long gateUp, long down, long tiles, long rowsAt, int rows) {
    ExpertTiles size = tiles(rows);
    Product product = products.get(size);
    int count = size.most(mixture, rows);
    device.launch(
        product.gateUp,
        new Grid(
            count,
            Math.ceilDiv(2 * mixture.intermediate(), size.outputs),
            1,
            THREADS,
            size.sharedBytes()),
        gated,
        x,
        gateUp,
        tiles,
        rowsAt,
        hidden,
        mixture.intermediate());
    device.launch(
        product.down,
        new Grid(count, Math.ceilDiv(hidden, size.outputs), 1, THREADS, size.sharedBytes()),
        results,
        gated,
        down,
        tiles,
        mixture.intermediate(),
        hidden);
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
