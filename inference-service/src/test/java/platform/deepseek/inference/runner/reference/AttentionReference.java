package platform.deepseek.inference.runner.reference;

import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.runner.HostDevice;

/** The kernels of rotary.cu and attention.cuh in plain Java; every element type is float32. */
public final class AttentionReference {

  private static final int TILE = 16;
  private static final int[] HEAD_SIZES = {16, 32, 64, 96, 128, 256};

  private AttentionReference() {}

  /** Gives a device these kernels. */
  public static HostDevice on(HostDevice device) {
    device
        .with("rotary_append", AttentionReference::rotaryAppend)
        .with("attention_plan", AttentionReference::plan);
    for (int size : HEAD_SIZES) {
      device
          .with("attention_decode_" + size, (grid, arguments) -> decode(size, grid, arguments))
          .with("attention_hopper_" + size, (grid, arguments) -> prompt(size, grid, arguments))
          .with("attention_prompt_" + size, (grid, arguments) -> prompt(size, grid, arguments))
          .with(
              "attention_prompt_short_" + size, (grid, arguments) -> prompt(size, grid, arguments));
    }
    return device;
  }

  /** Where a layer's keys and values lie. */
  private record Cache(
      long base, long slotStride, long tileStride, long layer, long kvHeads, long headDim) {

    long vector(int slot, int position, int part, long head) {
      long vector = ((layer * 2 + part) * kvHeads + head) * TILE + position % TILE;
      return base
          + slot * slotStride
          + position / TILE * tileStride
          + vector * headDim * Float.BYTES;
    }
  }

  private static void rotaryAppend(Grid grid, long[] arguments) {
    long heads = arguments[14];
    long kvHeads = arguments[15];
    int headDim = (int) arguments[16];
    var cache =
        new Cache(arguments[8], arguments[9], arguments[10], arguments[11], kvHeads, headDim);
    long all = heads + 2 * kvHeads;
    double epsilon = Double.longBitsToDouble(arguments[5]);
    for (long row = 0; row < arguments[17]; row++) {
      int slot = Memory.integer(arguments[12], row);
      int position = Memory.integer(arguments[13], row);
      for (long head = 0; head < all; head++) {
        float[] x = new float[headDim];
        for (int i = 0; i < headDim; i++) {
          long at = head * headDim + i;
          float bias = arguments[2] == 0 ? 0 : Memory.real(arguments[2], at);
          x[i] = Memory.real(arguments[1], row * all * headDim + at) + bias;
        }
        long to;
        if (head < heads) {
          x = turned(normed(x, arguments[3], epsilon), arguments, position);
          to = arguments[0] + (row * heads + head) * headDim * Float.BYTES;
        } else if (head < heads + kvHeads) {
          x = turned(normed(x, arguments[4], epsilon), arguments, position);
          to = cache.vector(slot, position, 0, head - heads);
        } else {
          to = cache.vector(slot, position, 1, head - heads - kvHeads);
        }
        for (int i = 0; i < headDim; i++) {
          Memory.real(to, i, x[i]);
        }
      }
    }
  }

  private static float[] normed(float[] x, long gamma, double epsilon) {
    if (gamma == 0) {
      return x;
    }
    double squares = 0;
    for (float value : x) {
      squares += (double) value * value;
    }
    double factor = 1 / Math.sqrt(squares / x.length + epsilon);
    float[] result = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      result[i] = (float) (x[i] * factor * Memory.real(gamma, i));
    }
    return result;
  }

  private static float[] turned(float[] x, long[] arguments, int position) {
    int half = x.length / 2;
    float[] result = new float[x.length];
    for (int i = 0; i < half; i++) {
      float cosine = Memory.real(arguments[6], (long) position * half + i);
      float sine = Memory.real(arguments[7], (long) position * half + i);
      result[i] = x[i] * cosine - x[half + i] * sine;
      result[half + i] = x[half + i] * cosine + x[i] * sine;
    }
    return result;
  }

  /** Every row is one item: row, slot, position, tiles, parts, first item. */
  private static void plan(Grid grid, long[] arguments) {
    for (int item = 0; item < arguments[4]; item++) {
      boolean used = item < arguments[3];
      int position = used ? Memory.integer(arguments[2], item) : 0;
      int slot = used ? Memory.integer(arguments[1], item) : 0;
      int[] work = {used ? item : -1, slot, position, 0, position / TILE + 1, 1, item, 0};
      for (int i = 0; i < work.length; i++) {
        Memory.integer(arguments[0], (long) item * work.length + i, work[i]);
      }
    }
  }

  private static void decode(int size, Grid grid, long[] arguments) {
    for (long item = 0; item < grid.y(); item++) {
      int row = Memory.integer(arguments[6], 8 * item);
      if (row >= 0) {
        int slot = Memory.integer(arguments[6], 8 * item + 1);
        int position = Memory.integer(arguments[6], 8 * item + 2);
        attend(size, arguments, arguments[9], arguments[10], arguments[11], row, slot, position);
      }
    }
  }

  private static void prompt(int size, Grid grid, long[] arguments) {
    for (long tile = 0; tile < grid.y(); tile++) {
      int firstRow = Memory.integer(arguments[6], 4 * tile);
      int slot = Memory.integer(arguments[6], 4 * tile + 2);
      int firstPosition = Memory.integer(arguments[6], 4 * tile + 3);
      for (int i = 0; i < Memory.integer(arguments[6], 4 * tile + 1); i++) {
        attend(
            size,
            arguments,
            arguments[7],
            arguments[8],
            arguments[9],
            firstRow + i,
            slot,
            firstPosition + i);
      }
    }
  }

  /** Attention of one row; sums in double, because the order of float sums is the kernel's own. */
  private static void attend(
      int size,
      long[] arguments,
      long scale,
      long heads,
      long kvHeads,
      int row,
      int slot,
      int position) {
    var cache = new Cache(arguments[2], arguments[3], arguments[4], arguments[5], kvHeads, size);
    for (long head = 0; head < heads; head++) {
      long kvHead = head / (heads / kvHeads);
      long vector = (row * heads + head) * size;
      double[] scores = new double[position + 1];
      double highest = Double.NEGATIVE_INFINITY;
      for (int p = 0; p <= position; p++) {
        long key = cache.vector(slot, p, 0, kvHead);
        for (int d = 0; d < size; d++) {
          scores[p] += (double) Memory.real(arguments[1], vector + d) * Memory.real(key, d);
        }
        scores[p] *= Double.longBitsToDouble(scale);
        highest = Math.max(highest, scores[p]);
      }
      double total = 0;
      double[] sums = new double[size];
      for (int p = 0; p <= position; p++) {
        double weight = Math.exp(scores[p] - highest);
        total += weight;
        long value = cache.vector(slot, p, 1, kvHead);
        for (int d = 0; d < size; d++) {
          sums[d] += weight * Memory.real(value, d);
        }
      }
      for (int d = 0; d < size; d++) {
        Memory.real(arguments[0], vector + d, (float) (sums[d] / total));
      }
    }
  }
}
