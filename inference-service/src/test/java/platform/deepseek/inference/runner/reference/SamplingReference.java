package platform.deepseek.inference.runner.reference;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.runner.HostDevice;
import platform.deepseek.inference.sampling.Philox4x32;

/**
 * The kernels of sampling.cu in plain Java: packed rows as they lie in memory, fp16 logits, the
 * textbook's softmax in float64. The scan does greedy rows, the choice all others from scratch; a
 * launch which is left out is missed.
 */
public final class SamplingReference {
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final int VIEW_BYTES = 96;
  private static final int RECORD_BYTES = 168;
  private static final int GREEDY = 1;
  private static final int ADJUSTED = 2;
  private static final int MASKED = 4;
  private static final int TOP_K = 8;

  private final boolean float32;
  private boolean scanned;

  private SamplingReference(boolean float32) {
    this.float32 = float32;
  }

  /** Gives a device these kernels. */
  public static HostDevice on(HostDevice device) {
    return on(device, new SamplingReference(false));
  }

  /** Gives a device these kernels for logits in float32, as a decoder in float32 makes them. */
  public static HostDevice onFloat32(HostDevice device) {
    return on(device, new SamplingReference(true));
  }

  private static HostDevice on(HostDevice device, SamplingReference reference) {
    return device.with("sampling_scan", reference::scan).with("sampling_choose", reference::choose);
  }

  private void scan(Grid grid, long[] arguments) {
    scanned = true;
    int vocabulary = (int) arguments[8];
    for (int i = 0; i < grid.y(); i++) {
      var view = new View(arguments[1] + (long) i * VIEW_BYTES, arguments[2], vocabulary, float32);
      if (view.has(GREEDY)) {
        double[] logits = view.logits(arguments[0]);
        int best = order(logits)[0];
        view.chose(
            logits[best] == Double.NEGATIVE_INFINITY ? view.firstAllowed() : best,
            arguments[6],
            i,
            arguments[7]);
      }
    }
  }

  private void choose(Grid grid, long[] arguments) {
    int vocabulary = (int) arguments[7];
    for (int i = 0; i < grid.x(); i++) {
      var view = new View(arguments[1] + (long) i * VIEW_BYTES, arguments[2], vocabulary, float32);
      if ((view.has(GREEDY) || view.has(ADJUSTED)) && !scanned) {
        throw new AssertionError("the row was not scanned");
      }
      if (!view.has(GREEDY)) {
        view.chose(draw(view, view.logits(arguments[0])), arguments[4], i, arguments[6]);
      }
      int record = view.integer(56);
      if (record >= 0) {
        int token = ALL.get(ValueLayout.JAVA_INT, arguments[4] + (long) i * Integer.BYTES);
        tell(view, arguments[0], token, arguments[5] + (long) record * RECORD_BYTES);
      }
    }
    scanned = false;
  }

  private static int draw(View view, double[] logits) {
    int[] order = order(logits);
    double largest = logits[order[0]];
    if (largest == Double.NEGATIVE_INFINITY) {
      return view.firstAllowed();
    }
    double[] weights = new double[logits.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp((logits[i] - largest) / view.real(8));
    }
    int kept = view.has(TOP_K) ? view.integer(12) : weights.length;
    if (view.real(16) < 1) {
      kept = Math.min(kept, nucleus(order, weights, view.real(16) * mass(order, weights, kept)));
    }
    while (kept > 1 && weights[order[kept - 1]] < Math.min(1, view.real(20))) {
      kept--;
    }
    double target = Philox4x32.uniform(view.seed(), view.integer(36)) * mass(order, weights, kept);
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      sum += weights[order[i]];
      if (sum > target) {
        return order[i];
      }
    }
    return order[kept - 1];
  }

  private static double mass(int[] order, double[] weights, int kept) {
    return Arrays.stream(order, 0, kept).mapToDouble(token -> weights[token]).sum();
  }

  private static int nucleus(int[] order, double[] weights, double target) {
    double sum = 0;
    for (int i = 0; i < order.length; i++) {
      sum += weights[order[i]];
      if (sum >= target) {
        return i + 1;
      }
    }
    return order.length;
  }

  private static void tell(View view, long logitRows, int token, long record) {
    double[] logits = view.modelsOwn(logitRows);
    int[] order = order(logits);
    double largest = logits[order[0]];
    double total = Arrays.stream(logits).map(logit -> Math.exp(logit - largest)).sum();
    int top = Math.min(view.integer(52), logits.length);
    ALL.set(ValueLayout.JAVA_FLOAT, record, logprob(logits[token], largest, total));
    ALL.set(ValueLayout.JAVA_INT, record + 4, top);
    for (int i = 0; i < top; i++) {
      ALL.set(ValueLayout.JAVA_INT, record + 8 + 4L * i, order[i]);
      ALL.set(
          ValueLayout.JAVA_FLOAT, record + 88 + 4L * i, logprob(logits[order[i]], largest, total));
    }
  }

  private static float logprob(double logit, double largest, double total) {
    return largest == Double.NEGATIVE_INFINITY
        ? Float.NEGATIVE_INFINITY
        : (float) (logit - largest - Math.log(total));
  }

  /** Tokens by falling logit, the smaller id first on a tie. */
  private static int[] order(double[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble(token -> -logits[token]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** A packed row. */
  private record View(long address, long side, int vocabulary, boolean float32) {

    int integer(int offset) {
      return ALL.get(ValueLayout.JAVA_INT, address + offset);
    }

    float real(int offset) {
      return ALL.get(ValueLayout.JAVA_FLOAT, address + offset);
    }

    long seed() {
      return ALL.get(ValueLayout.JAVA_LONG, address + 40);
    }

    boolean has(int flag) {
      return (integer(4) & flag) != 0;
    }

    void chose(int token, long tokens, int entry, long lastTokens) {
      ALL.set(ValueLayout.JAVA_INT, tokens + (long) entry * Integer.BYTES, token);
      ALL.set(ValueLayout.JAVA_INT, lastTokens + (long) integer(48) * Integer.BYTES, token);
    }

    int firstAllowed() {
      int token = 0;
      while (!allows(token)) {
        token++;
      }
      return token;
    }

    private boolean allows(int token) {
      return !has(MASKED) || (side(integer(88), token / 32) >>> token & 1) != 0;
    }

    private int side(int offset, int i) {
      return ALL.get(ValueLayout.JAVA_INT, side + (long) (offset + i) * Integer.BYTES);
    }

    double[] modelsOwn(long rows) {
      return numbers(row(rows));
    }

    double[] logits(long rows) {
      float[] logits = row(rows);
      if (has(ADJUSTED)) {
        adjust(logits);
      }
      return numbers(logits);
    }

    private float[] row(long rows) {
      float[] logits = new float[vocabulary];
      for (int i = 0; i < vocabulary; i++) {
        long at = (long) integer(0) * vocabulary + i;
        set(
            logits,
            i,
            float32
                ? ALL.get(ValueLayout.JAVA_FLOAT, rows + at * Float.BYTES)
                : Float.float16ToFloat(ALL.get(ValueLayout.JAVA_SHORT, rows + at * Short.BYTES)));
      }
      return logits;
    }

    private static double[] numbers(float[] logits) {
      return IntStream.range(0, logits.length)
          .mapToDouble(i -> logits[i] == 0 ? 0 : logits[i])
          .toArray();
    }

    private void adjust(float[] logits) {
      for (int i = 0; i < integer(68); i++) {
        int token = side(integer(64), i);
        if (token < vocabulary) {
          float logit = logits[token];
          change(logits, token, logit > 0 ? logit / real(24) : logit * real(24));
        }
      }
      for (int i = 0; i < integer(76); i++) {
        int token = side(integer(72), 2 * i);
        float penalty = real(28) + real(32) * side(integer(72), 2 * i + 1);
        if (token < vocabulary) {
          change(logits, token, logits[token] - penalty);
        }
      }
      for (int i = 0; i < integer(84); i++) {
        int token = side(integer(80), 2 * i);
        if (token < vocabulary) {
          float bias = Float.intBitsToFloat(side(integer(80), 2 * i + 1));
          change(logits, token, logits[token] + bias);
        }
      }
      for (int token = 0; token < vocabulary; token++) {
        if (!allows(token)) {
          logits[token] = Float.NEGATIVE_INFINITY;
        }
      }
    }

    /** A changed logit has the precision of fp16. */
    private static void change(float[] logits, int token, float value) {
      set(logits, token, Float.float16ToFloat(Float.floatToFloat16(value)));
    }

    private static void set(float[] logits, int token, float value) {
      logits[token] =
          Float.isNaN(value) ? Float.NEGATIVE_INFINITY : Math.min(value, Float.MAX_VALUE);
    }
  }
}
