package platform.deepseek.inference.runner.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.runner.HostDevice;

/**
 * The kernels of experts.cu, expert_products.cu and quantized_expert_products.cu in plain Java;
 * elements are float32, quantised weights lie as on a GPU.
 */
public final class ExpertsReference {

  /** What is done with each expert's places, at which rows stand one after another. */
  private interface Places {
    void of(int expert, long first, int count);
  }

  private ExpertsReference() {}

  /** Gives a device these kernels. */
  public static HostDevice on(HostDevice device) {
    device
        .with("route", ExpertsReference::route)
        .with("group_rows", ExpertsReference::group)
        .with("combine_experts", ExpertsReference::combine);
    with(device, "", 1, ProductReference::published);
    with(device, "int8_", 3, ProductReference::eightBits);
    with(device, "int4_", 3, ProductReference::fourBits);
    return device;
  }

  private static void with(
      HostDevice device, String prefix, int addresses, ProductReference.Format format) {
    for (int rows : new int[] {16, 64, 128}) {
      device
          .with(prefix + "expert_gate_up_" + rows, (grid, a) -> gateUp(grid, a, addresses, format))
          .with(prefix + "expert_down_" + rows, (grid, a) -> down(grid, a, addresses, format));
    }
  }

  private static void route(Grid grid, long[] arguments) {
    int experts = (int) arguments[4];
    int chosen = (int) arguments[5];
    boolean sigmoid = arguments[6] != 0;
    int groups = (int) arguments[7];
    int size = experts / groups;
    for (long row = 0; row < arguments[11]; row++) {
      double[] scores = scores(arguments[2], row * experts, experts, sigmoid);
      double[] candidates = scores.clone();
      for (int e = 0; e < experts && arguments[3] != 0; e++) {
        candidates[e] += Memory.real(arguments[3], e);
      }
      if (arguments[8] < groups) {
        double[] ofGroups = new double[groups];
        for (int g = 0; g < groups; g++) {
          double[] members = Arrays.copyOfRange(candidates, g * size, (g + 1) * size);
          Arrays.sort(members);
          ofGroups[g] = members[size - 1] + (sigmoid ? members[size - 2] : 0);
        }
        boolean[] kept = new boolean[groups];
        for (int i = 0; i < arguments[8]; i++) {
          kept[takeBest(ofGroups)] = true;
        }
        for (int e = 0; e < experts; e++) {
          candidates[e] = kept[e / size] ? candidates[e] : Double.NEGATIVE_INFINITY;
        }
      }
      double total = 0;
      for (int rank = 0; rank < chosen; rank++) {
        int expert = takeBest(candidates);
        Memory.integer(arguments[0], row * chosen + rank, expert);
        total += scores[expert];
      }
      double factor = Double.longBitsToDouble(arguments[10]) / (arguments[9] != 0 ? total : 1);
      for (int rank = 0; rank < chosen; rank++) {
        double score = scores[Memory.integer(arguments[0], row * chosen + rank)];
        Memory.real(arguments[1], row * chosen + rank, (float) (score * factor));
      }
    }
  }

  private static double[] scores(long logits, long from, int experts, boolean sigmoid) {
    double[] scores = new double[experts];
    double sum = 0;
    for (int e = 0; e < experts; e++) {
      double power = Math.exp(Memory.real(logits, from + e));
      scores[e] = sigmoid ? power / (1 + power) : power;
      sum += scores[e];
    }
    for (int e = 0; e < experts && !sigmoid; e++) {
      scores[e] /= sum;
    }
    return scores;
  }

  /** The first of the largest, which then is the least. */
  private static int takeBest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    values[best] = Double.NEGATIVE_INFINITY;
    return best;
  }

  private static void group(Grid grid, long[] arguments) {
    List<List<Integer>> ofExperts = new ArrayList<>();
    for (int e = 0; e < arguments[4]; e++) {
      ofExperts.add(new ArrayList<>());
    }
    for (int pair = 0; pair < arguments[6]; pair++) {
      ofExperts.get(Memory.integer(arguments[3], pair)).add(pair);
    }
    int place = 0;
    int tile = 0;
    for (int e = 0; e < arguments[4]; e++) {
      List<Integer> pairs = ofExperts.get(e);
      for (int done = 0; done < pairs.size(); done += (int) arguments[7]) {
        int count = (int) Math.min(arguments[7], pairs.size() - done);
        tile(arguments[2], tile++, e, place + done, count);
      }
      for (int pair : pairs) {
        Memory.integer(arguments[1], place, (int) (pair / arguments[5]));
        Memory.integer(arguments[0], pair, place++);
      }
    }
    while (tile < arguments[8]) {
      tile(arguments[2], tile++, -1, 0, 0);
    }
  }

  private static void tile(long tiles, int index, int expert, int place, int count) {
    int[] numbers = {expert, place, count, 0};
    for (int i = 0; i < numbers.length; i++) {
      Memory.integer(tiles, 4L * index + i, numbers[i]);
    }
  }

  /** Arguments: out, x, the matrix, tiles, rowsAt, hidden, intermediate, of quantised also rows. */
  private static void gateUp(
      Grid grid, long[] arguments, int addresses, ProductReference.Format format) {
    int rest = 2 + addresses;
    int hidden = (int) arguments[rest + 2];
    int intermediate = (int) arguments[rest + 3];
    ProductReference.Weights weights = format.of(arguments, 2);
    float[] gate = new float[hidden];
    float[] up = new float[hidden];
    eachTile(
        grid,
        arguments[rest],
        arguments[arguments.length - 1],
        (expert, first, count) -> {
          float[][] x = new float[count][];
          for (int i = 0; i < count; i++) {
            long place = first + i;
            long row =
                arguments[rest + 1] == 0 ? place : Memory.integer(arguments[rest + 1], place);
            x[i] = row(arguments[1], row, hidden);
          }
          for (int o = 0; o < intermediate; o++) {
            long at = (long) expert * 2 * intermediate + o;
            weights.read(at * hidden, gate);
            weights.read((at + intermediate) * hidden, up);
            for (int i = 0; i < count; i++) {
              float value = ElementwiseReference.gated(product(x[i], gate), product(x[i], up));
              Memory.real(arguments[0], (first + i) * intermediate + o, value);
            }
          }
        });
  }

  /** Arguments: out, gated, the matrix, tiles, intermediate, hidden, of quantised also rows. */
  private static void down(
      Grid grid, long[] arguments, int addresses, ProductReference.Format format) {
    int rest = 2 + addresses;
    int intermediate = (int) arguments[rest + 1];
    int hidden = (int) arguments[rest + 2];
    ProductReference.Weights weights = format.of(arguments, 2);
    float[] output = new float[intermediate];
    eachTile(
        grid,
        arguments[rest],
        arguments[arguments.length - 1],
        (expert, first, count) -> {
          float[][] x = new float[count][];
          for (int i = 0; i < count; i++) {
            x[i] = row(arguments[1], first + i, intermediate);
          }
          for (int o = 0; o < hidden; o++) {
            weights.read(((long) expert * hidden + o) * intermediate, output);
            for (int i = 0; i < count; i++) {
              Memory.real(arguments[0], (first + i) * hidden + o, product(x[i], output));
            }
          }
        });
  }

  /** Without tiles, which only quantised weights can be, all rows. */
  private static void eachTile(Grid grid, long tiles, long rows, Places action) {
    if (tiles == 0) {
      action.of(0, 0, (int) rows);
      return;
    }
    for (long tile = 0; tile < grid.x(); tile++) {
      int expert = Memory.integer(tiles, 4 * tile);
      if (expert >= 0) {
        int first = Memory.integer(tiles, 4 * tile + 1);
        action.of(expert, first, Memory.integer(tiles, 4 * tile + 2));
      }
    }
  }

  private static float[] row(long array, long row, int width) {
    float[] values = new float[width];
    for (int i = 0; i < width; i++) {
      values[i] = Memory.real(array, row * width + i);
    }
    return values;
  }

  private static float product(float[] x, float[] weights) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += (double) x[i] * weights[i];
    }
    return (float) sum;
  }

  private static void combine(Grid grid, long[] arguments) {
    long chosen = arguments[5];
    long hidden = arguments[6];
    for (long row = 0; row < arguments[7]; row++) {
      for (long i = 0; i < hidden; i++) {
        double sum = arguments[1] == 0 ? 0 : Memory.real(arguments[1], row * hidden + i);
        for (long rank = 0; rank < chosen; rank++) {
          long place = Memory.integer(arguments[3], row * chosen + rank);
          sum +=
              (double) Memory.real(arguments[4], row * chosen + rank)
                  * Memory.real(arguments[2], place * hidden + i);
        }
        Memory.real(arguments[0], row * hidden + i, (float) sum);
      }
    }
  }
}
