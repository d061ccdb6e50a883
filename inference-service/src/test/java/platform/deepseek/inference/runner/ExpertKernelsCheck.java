package platform.deepseek.inference.runner;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.runner.reference.ReferenceDevice;

/** A layer of experts on a device against the host, and its time. */
public final class ExpertKernelsCheck implements AutoCloseable {

  private static final int ROUNDS = 20;
  private static final int CHECKED_ROWS = 4;

  /** How many times as wide as an expert those that all rows use are together. */
  private static final int SHARED = 2;

  /** What the device found. */
  public record Result(
      int otherChoices, double weightDifference, boolean placesArePermutation, double difference) {}

  private final Device device;
  private final DeviceNumbers numbers;
  private final MixtureOfExperts mixture;
  private final int hidden;
  private final ExpertKernels kernels;
  private final WeightFormat format;
  private final DeviceNumbers.RandomMatrix gateUp;
  private final DeviceNumbers.RandomMatrix down;
  private final Random random = new Random(13);

  public ExpertKernelsCheck(
      Device device,
      CudaPrecision precision,
      WeightFormat format,
      MixtureOfExperts.Routing routing,
      int experts,
      int chosen,
      int hidden,
      int intermediate) {
    this.device = device;
    this.numbers = new DeviceNumbers(device, precision);
    this.mixture =
        new MixtureOfExperts(
            experts, chosen, intermediate, SHARED * intermediate, new BitSet(), routing);
    this.hidden = hidden;
    this.format = format;
    this.kernels = new ExpertKernels(device, precision, format, mixture, hidden);
    this.gateUp =
        numbers.matrix(format, experts * 2 * intermediate, hidden, 1 / Math.sqrt(hidden), random);
    this.down =
        numbers.matrix(format, experts * hidden, intermediate, 1 / Math.sqrt(intermediate), random);
  }

  /** Memory of a run of some rows. */
  private final class Run {
    final int rows;
    final int pairs;
    final DeviceNumbers.Pattern x;
    final DeviceNumbers.Pattern shared;
    final float[] logits;
    final float[] correction;
    final long logitsThere;
    final long correctionThere;
    final long choice;
    final long factors;
    final long places;
    final long rowsAt;
    final long tiles;
    final long gated;
    final long sharedGated;
    final long results;
    final long out;

    Run(int rows, DeviceArrays arrays) {
      this.rows = rows;
      this.pairs = rows * mixture.chosen();
      x = numbers.pattern((long) rows * hidden, 1, random);
      shared = numbers.pattern((long) rows * hidden, 1, random);
      logits = new float[rows * mixture.experts()];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) random.nextGaussian();
      }
      correction = new float[mixture.experts()];
      for (int i = 0; i < correction.length; i++) {
        correction[i] = (float) (0.2 * random.nextGaussian());
      }
      logitsThere = arrays.of(logits);
      correctionThere = mixture.routing().correctionBias() ? arrays.of(correction) : 0;
      choice = numbers.allocate(4L * pairs);
      factors = numbers.allocate(4L * pairs);
      places = numbers.allocate(4L * pairs);
      rowsAt = numbers.allocate(4L * pairs);
      tiles = numbers.allocate(16L * ExpertTiles.FEW.most(mixture, rows));
      gated = numbers.pattern((long) pairs * mixture.intermediate(), Double.NaN, random).address();
      sharedGated = numbers.allocate((long) rows * mixture.sharedIntermediate() * Float.BYTES);
      results = numbers.pattern((long) pairs * hidden, Double.NaN, random).address();
      out = numbers.pattern((long) rows * hidden, Double.NaN, random).address();
    }

    void route() {
      kernels.route(choice, factors, logitsThere, correctionThere, rows);
    }

    void group() {
      kernels.group(places, rowsAt, tiles, choice, rows);
    }

    void multiply() {
      kernels.multiply(
          results, gated, x.address(), gateUp.there(), down.there(), tiles, rowsAt, rows);
    }

    /** The first experts' weights are as good as others'. */
    void multiplyShared() {
      kernels.multiplyShared(out, sharedGated, x.address(), gateUp.there(), down.there(), rows);
    }

    void combine() {
      kernels.combine(out, shared.address(), results, places, factors, rows);
    }
  }

  /** Computes a layer of so many rows and compares choices of all and results of some. */
  public Result check(int rows) {
    try (DeviceArrays arrays = new DeviceArrays(device)) {
      Run run = new Run(rows, arrays);
      run.route();
      run.group();
      run.multiply();
      run.combine();
      int[] choice = bits(arrays.reals(run.choice, run.pairs));
      float[] factors = arrays.reals(run.factors, run.pairs);
      int[] places = bits(arrays.reals(run.places, run.pairs));
      int[] rowsAt = bits(arrays.reals(run.rowsAt, run.pairs));
      float[] out = numbers.read(run.out, rows * hidden);
      HostDevice host = ReferenceDevice.create();
      int other = 0;
      double weightDifference = 0;
      try (DeviceArrays there = new DeviceArrays(host);
          ExpertKernels right =
              new ExpertKernels(host, CudaPrecision.FP32, format, mixture, hidden)) {
        long rightChoice = there.reals(run.pairs);
        long rightFactors = there.reals(run.pairs);
        right.route(
            rightChoice,
            rightFactors,
            there.of(run.logits),
            mixture.routing().correctionBias() ? there.of(run.correction) : 0,
            rows);
        int[] rightChoices = bits(there.reals(rightChoice, run.pairs));
        float[] rightWeights = there.reals(rightFactors, run.pairs);
        for (int i = 0; i < run.pairs; i++) {
          other += choice[i] == rightChoices[i] ? 0 : 1;
          weightDifference = Math.max(weightDifference, Math.abs(factors[i] - rightWeights[i]));
        }
      }
      boolean permutation =
          Arrays.equals(
              Arrays.stream(places).sorted().toArray(), IntStream.range(0, run.pairs).toArray());
      for (int i = 0; i < run.pairs && permutation; i++) {
        permutation = rowsAt[places[i]] == i / mixture.chosen();
      }
      double difference = difference(out, rows, row -> combined(run, row, choice, factors));
      return new Result(other, weightDifference, permutation, difference);
    }
  }

  /** Multiplies so many rows with quantised experts that all rows use, and compares some. */
  public double sharedDifference(int rows) {
    try (DeviceArrays arrays = new DeviceArrays(device)) {
      Run run = new Run(rows, arrays);
      run.multiplyShared();
      float[] out = numbers.read(run.out, rows * hidden);
      return difference(out, rows, row -> expert(run, row, 0, mixture.sharedIntermediate()));
    }
  }

  /** The largest of some rows, relative to what is right on average. */
  private double difference(float[] out, int rows, IntFunction<double[]> rightRow) {
    double largest = 0;
    double squares = 0;
    int checked = Math.min(rows, CHECKED_ROWS);
    for (int n = 0; n < checked; n++) {
      int row = n * (rows - 1) / Math.max(1, checked - 1);
      double[] right = rightRow.apply(row);
      for (int i = 0; i < hidden; i++) {
        double difference = Math.abs(out[row * hidden + i] - right[i]);
        largest = Math.max(largest, Double.isNaN(difference) ? Double.MAX_VALUE : difference);
        squares += right[i] * right[i];
      }
    }
    return largest / Math.sqrt(squares / checked / hidden);
  }

  private double[] combined(Run run, int row, int[] choice, float[] factors) {
    double[] sums = new double[hidden];
    for (int i = 0; i < hidden; i++) {
      sums[i] = run.shared.at((long) row * hidden + i);
    }
    for (int rank = 0; rank < mixture.chosen(); rank++) {
      int chosen = choice[row * mixture.chosen() + rank];
      double[] result = expert(run, row, chosen, mixture.intermediate());
      for (int o = 0; o < hidden; o++) {
        sums[o] += factors[row * mixture.chosen() + rank] * result[o];
      }
    }
    return sums;
  }

  private double[] expert(Run run, int row, int expert, int width) {
    double[] x = new double[hidden];
    for (int i = 0; i < hidden; i++) {
      x[i] = run.x.at((long) row * hidden + i);
    }
    double[] gated =
        IntStream.range(0, width)
            .parallel()
            .mapToDouble(
                o -> {
                  long gate = (long) expert * 2 * width + o;
                  double g = product(x, gateUp, gate);
                  return g / (1 + Math.exp(-g)) * product(x, gateUp, gate + width);
                })
            .toArray();
    return IntStream.range(0, hidden)
        .parallel()
        .mapToDouble(o -> product(gated, down, (long) expert * hidden + o))
        .toArray();
  }

  private static double product(double[] x, DeviceNumbers.RandomMatrix matrix, long row) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * matrix.at(row * x.length + i);
    }
    return sum;
  }

  /**
   * Microseconds of choosing, grouping, multiplying and adding up, in this order, and of quantised
   * experts that all rows use.
   */
  public double[] micros(int rows) {
    try (DeviceArrays arrays = new DeviceArrays(device)) {
      Run run = new Run(rows, arrays);
      double route = DeviceNumbers.micros(device, ROUNDS, run::route);
      double group = DeviceNumbers.micros(device, ROUNDS, run::group);
      double multiply = DeviceNumbers.micros(device, ROUNDS, run::multiply);
      double combine = DeviceNumbers.micros(device, ROUNDS, run::combine);
      double shared =
          format.quantized() ? DeviceNumbers.micros(device, ROUNDS, run::multiplyShared) : 0;
      return new double[] {route, group, multiply, combine, shared};
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  @Override
  public void close() {
    device.synchronize();
    kernels.close();
    numbers.close();
  }
}
