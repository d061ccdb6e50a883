package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelContext;

/**
 * Operator {@code Experts}: y = addend + the sum over a row's experts of weight * DOWN swiglu(GATE,
 * UP * norm(x)).
 *
 * <p>A row is multiplied with the experts that it chose and with no others, so the cost follows the
 * parameters that are active and not those that exist. Rows that chose the same expert are gathered
 * and multiplied together: its weights are read once for all of them. A row's result does not
 * depend on who else is there, because {@link WeightMatrix} multiplies rows independently and each
 * row sums its experts in the order of its own choice.
 *
 * <ul>
 *   <li>inputs: x [rows, hidden], gamma [hidden], addend [rows, hidden]
 *   <li>attribute: experts (the number of the {@link ExpertLayer})
 *   <li>output: [rows, hidden]
 * </ul>
 */
final class ExpertsOperator implements AutoCloseable {

  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** Below so many rows the calling thread does row work alone: waking another costs more. */
  private static final int ROWS_ALONE = 8;

  private static final int ROWS_PER_UNIT = 16;

  private final List<Layer> layers;
  private final float epsilon;
  private final int[] chosen;
  private final float[] weights;

  /** Of each chosen expert of each row: its place among the gathered rows. */
  private final int[] places;

  /** The row that stands at a place. */
  private final int[] rowsAt;

  private final List<MemorySegment> memory = new ArrayList<>();
  private final long normed;
  private final long logits;
  private final long prepared;
  private final long gathered;
  private final long gateUps;
  private final long gated;
  private final long results;

  /** A layer with its products. */
  private record Layer(
      ExpertLayer experts, GroupedProduct router, GroupedProduct gateUp, GroupedProduct down) {

    static Layer of(ExpertLayer experts, int threads) {
      int count = experts.router().experts();
      return new Layer(
          experts,
          new GroupedProduct(experts.routerWeights(), experts.routerWeights().panels(), threads),
          GroupedProduct.of(experts.gateUp(), count, threads),
          GroupedProduct.of(experts.down(), count, threads));
    }

    int logitBytes() {
      return router.outputs() * Float.BYTES;
    }
  }

  /**
   * @param layers by their numbers in the graph
   * @param epsilon of the norm
   * @param maxRows rows of a run at most
   */
  ExpertsOperator(List<ExpertLayer> layers, float epsilon, int threads, int maxRows) {
    this.layers = layers.stream().map(layer -> Layer.of(layer, threads)).toList();
    this.epsilon = epsilon;
    int most = layers.stream().mapToInt(layer -> layer.router().chosen()).max().orElse(0);
    int mostPlaces = Math.multiplyExact(maxRows, most);
    chosen = new int[mostPlaces];
    weights = new float[mostPlaces];
    places = new int[mostPlaces];
    rowsAt = new int[mostPlaces];
    int hidden = layers.stream().mapToInt(ExpertLayer::hidden).max().orElse(0);
    int intermediate = layers.stream().mapToInt(ExpertLayer::intermediate).max().orElse(0);
    normed = reserve(maxRows, (long) hidden * Float.BYTES);
    logits = reserve(maxRows, this.layers.stream().mapToInt(Layer::logitBytes).max().orElse(0));
    int rowBytes = layers.stream().mapToInt(l -> l.gateUp().activationBytes()).max().orElse(0);
    prepared = reserve(maxRows, rowBytes);
    gathered = reserve(mostPlaces, rowBytes);
    gateUps = reserve(mostPlaces, 2L * intermediate * Float.BYTES);
    gated =
        reserve(
            mostPlaces, layers.stream().mapToInt(l -> l.down().activationBytes()).max().orElse(0));
    results = reserve(mostPlaces, (long) hidden * Float.BYTES);
  }

  private long reserve(long rows, long rowBytes) {
    memory.add(NativeMemory.reserve(Math.max(1, rows * rowBytes)));
    return memory.getLast().address();
  }

  CustomOperator operator() {
    return new CustomOperator(
        "Experts",
        List.of(ElementType.FLOAT, ElementType.FLOAT, ElementType.FLOAT),
        0,
        List.of(ElementType.FLOAT),
        info -> {
          Layer layer = layers.get(info.attribute("experts"));
          return context -> compute(context, layer);
        });
  }

  private void compute(KernelContext context, Layer layer) {
    int rows = context.rows(0);
    int hidden = layer.experts.hidden();
    long x = context.input(0);
    long gamma = context.input(1);
    long addend = context.input(2);
    long output = context.output(0, rows, hidden);
    long rowBytes = (long) hidden * Float.BYTES;
    each(
        context,
        rows,
        row ->
            Elementwise.rmsNorm(
                MEMORY, x + row * rowBytes, gamma, normed + row * rowBytes, hidden, epsilon));
    route(context, layer, rows);
    GroupedProduct.Rows groups = group(layer, rows);
    int total = rows * layer.experts.router().chosen();
    multiply(context, layer, groups, total);
    each(context, rows, row -> combine(layer, row, addend + row * rowBytes, output));
  }

  private void route(KernelContext context, Layer layer, int rows) {
    ExpertRouter router = layer.experts.router();
    int stride = layer.logitBytes();
    layer.router.multiply(
        context,
        new GroupedProduct.Rows(new int[] {0}, 1, new int[] {0, rows}),
        normed,
        group -> logits,
        stride);
    WeightMatrix gateUp = layer.experts.gateUp();
    each(
        context,
        rows,
        row -> {
          float[] ofRow = new float[router.experts()];
          MemorySegment.copy(
              MEMORY, ValueLayout.JAVA_FLOAT, logits + (long) row * stride, ofRow, 0, ofRow.length);
          router.route(ofRow, chosen, weights, row * router.chosen());
          gateUp.prepare(
              MEMORY,
              normed + (long) row * gateUp.inputs() * Float.BYTES,
              prepared + (long) row * gateUp.activationBytes());
        });
  }

  /** Gives each choice a place: expert by expert, and row by row within an expert. */
  private GroupedProduct.Rows group(Layer layer, int rows) {
    int experts = layer.experts.router().experts();
    int each = layer.experts.router().chosen();
    int[] offsets = new int[experts + 1];
    for (int i = 0; i < rows * each; i++) {
      offsets[chosen[i] + 1]++;
    }
    int[] active = new int[Math.min(experts, rows * each)];
    int count = 0;
    for (int expert = 0; expert < experts; expert++) {
      if (offsets[expert + 1] > 0) {
        active[count++] = expert;
      }
      offsets[expert + 1] += offsets[expert];
    }
    int[] next = Arrays.copyOf(offsets, experts);
    for (int i = 0; i < rows * each; i++) {
      int place = next[chosen[i]]++;
      places[i] = place;
      rowsAt[place] = i / each;
    }
    return new GroupedProduct.Rows(active, count, offsets);
  }

  private void multiply(KernelContext context, Layer layer, GroupedProduct.Rows groups, int total) {
    WeightMatrix gateUp = layer.experts.gateUp();
    WeightMatrix down = layer.experts.down();
    int bytes = gateUp.activationBytes();
    each(
        context,
        total,
        place ->
            MemorySegment.copy(
                MEMORY,
                prepared + (long) rowsAt[place] * bytes,
                MEMORY,
                gathered + (long) place * bytes,
                bytes));
    int width = layer.experts.intermediate();
    long gateUpStride = 2L * width * Float.BYTES;
    layer.gateUp.multiply(
        context,
        groups,
        gathered,
        expert -> gateUps + groups.offsets()[expert] * gateUpStride,
        gateUpStride);
    each(
        context,
        total,
        place -> {
          long gate = gateUps + place * gateUpStride;
          // The gate's place takes the result: nobody reads it afterwards.
          Elementwise.swiGlu(MEMORY, gate, gate + gateUpStride / 2, gate, width);
          down.prepare(MEMORY, gate, gated + (long) place * down.activationBytes());
        });
    long stride = (long) layer.experts.hidden() * Float.BYTES;
    layer.down.multiply(
        context, groups, gated, expert -> results + groups.offsets()[expert] * stride, stride);
  }

  private void combine(Layer layer, int row, long addend, long output) {
    int hidden = layer.experts.hidden();
    int each = layer.experts.router().chosen();
    long stride = (long) hidden * Float.BYTES;
    long target = output + row * stride;
    for (long at = 0; at < stride; at += FLOATS.vectorByteSize()) {
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, MEMORY, addend + at, ORDER);
      for (int i = row * each; i < (row + 1) * each; i++) {
        sum =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, results + places[i] * stride + at, ORDER)
                .fma(FloatVector.broadcast(FLOATS, weights[i]), sum);
      }
      sum.intoMemorySegment(MEMORY, target + at, ORDER);
    }
  }

  private static void each(KernelContext context, int rows, IntConsumer body) {
    if (rows <= ROWS_ALONE) {
      for (int row = 0; row < rows; row++) {
        body.accept(row);
      }
      return;
    }
    context.parallel(
        Math.ceilDiv(rows, ROWS_PER_UNIT),
        unit -> {
          int end = Math.min(rows, (unit + 1) * ROWS_PER_UNIT);
          for (int row = unit * ROWS_PER_UNIT; row < end; row++) {
            body.accept(row);
          }
        });
  }

  @Override
  public void close() {
    memory.forEach(NativeMemory::free);
  }
}
