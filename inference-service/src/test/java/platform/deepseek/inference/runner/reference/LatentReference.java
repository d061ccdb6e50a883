package platform.deepseek.inference.runner.reference;

import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.runner.HostDevice;

/** The kernels of latent.cu and latent_attention.cu in plain Java; every type is float32. */
public final class LatentReference {

  private static final int TILE = 16;

  private LatentReference() {}

  /** Gives a device these kernels; the plan of single tokens is another's. */
  public static HostDevice on(HostDevice device) {
    device
        .with("latent_append", LatentReference::append)
        .with("row_norm", LatentReference::rowNorm)
        .with("join_heads", LatentReference::joinHeads)
        .with("latent_join", (grid, arguments) -> {});
    for (int rows : new int[] {16, 64}) {
      device
          .with("latent_decode_" + rows, LatentReference::decode)
          .with("latent_prompt_" + rows, LatentReference::prompt);
    }
    return device;
  }

  /** Address of a cached vector. */
  private static long vector(
      long base, long slotStride, long tileStride, long layer, int slot, int position, long width) {
    return base
        + slot * slotStride
        + position / TILE * tileStride
        + (layer * TILE + position % TILE) * width * Float.BYTES;
  }

  private static void append(Grid grid, long[] arguments) {
    long heads = arguments[14];
    long content = arguments[15];
    long rotary = arguments[16];
    long rank = arguments[17];
    long rows = arguments[18];
    for (long row = 0; row < rows; row++) {
      int position = Memory.integer(arguments[13], row);
      for (long head = 0; head < heads; head++) {
        long q = (row * heads + head) * (content + rotary);
        for (long i = 0; i < content; i++) {
          Memory.real(
              arguments[0], (head * rows + row) * content + i, Memory.real(arguments[2], q + i));
        }
        turn(
            arguments[1] + (row * heads + head) * rotary * Float.BYTES,
            arguments[2] + (q + content) * Float.BYTES,
            arguments,
            position,
            rotary);
      }
      long to =
          vector(
              arguments[8],
              arguments[9],
              arguments[10],
              arguments[11],
              Memory.integer(arguments[12], row),
              position,
              rank + rotary);
      long from = arguments[3] + row * (rank + rotary) * Float.BYTES;
      norm(to, from, arguments[4], arguments[5], rank);
      turn(to + rank * Float.BYTES, from + rank * Float.BYTES, arguments, position, rotary);
    }
  }

  private static void turn(long to, long from, long[] arguments, int position, long rotary) {
    long half = rotary / 2;
    for (long i = 0; i < half; i++) {
      float cosine = Memory.real(arguments[6], position * half + i);
      float sine = Memory.real(arguments[7], position * half + i);
      float x = Memory.real(from, i);
      float y = Memory.real(from, half + i);
      Memory.real(to, i, x * cosine - y * sine);
      Memory.real(to, half + i, y * cosine + x * sine);
    }
  }

  private static void norm(long to, long from, long gamma, long epsilon, long width) {
    float[] x = new float[(int) width];
    for (int i = 0; i < width; i++) {
      x[i] = Memory.real(from, i);
    }
    float[] normed = ElementwiseReference.normed(x, gamma, Double.longBitsToDouble(epsilon));
    for (int i = 0; i < width; i++) {
      Memory.real(to, i, normed[i]);
    }
  }

  private static void rowNorm(Grid grid, long[] arguments) {
    long bytes = arguments[4] * Float.BYTES;
    for (long row = 0; row < arguments[5]; row++) {
      norm(
          arguments[0] + row * bytes,
          arguments[1] + row * bytes,
          arguments[2],
          arguments[3],
          arguments[4]);
    }
  }

  private static void joinHeads(Grid grid, long[] arguments) {
    long width = arguments[2];
    long heads = arguments[3];
    long rows = arguments[4];
    for (long row = 0; row < rows; row++) {
      for (long head = 0; head < heads; head++) {
        for (long i = 0; i < width; i++) {
          Memory.real(
              arguments[0],
              (row * heads + head) * width + i,
              Memory.real(arguments[1], (head * rows + row) * width + i));
        }
      }
    }
  }

  private static void decode(Grid grid, long[] arguments) {
    for (long item = 0; item < grid.y(); item++) {
      int row = Memory.integer(arguments[7], 8 * item);
      if (row >= 0) {
        attend(
            arguments,
            9,
            row,
            Memory.integer(arguments[7], 8 * item + 1),
            Memory.integer(arguments[7], 8 * item + 2));
      }
    }
  }

  private static void prompt(Grid grid, long[] arguments) {
    for (long tile = 0; tile < grid.y(); tile++) {
      int firstRow = Memory.integer(arguments[7], 4 * tile);
      for (int i = 0; i < Memory.integer(arguments[7], 4 * tile + 1); i++) {
        attend(
            arguments,
            8,
            firstRow + i,
            Memory.integer(arguments[7], 4 * tile + 2),
            Memory.integer(arguments[7], 4 * tile + 3) + i);
      }
    }
  }

  /**
   * Attention of all heads of a row; sums in double.
   *
   * @param scaleAt the argument with the scale; heads, heads of a unit, rank, rotary, rows follow
   */
  private static void attend(long[] arguments, int scaleAt, int row, int slot, int position) {
    double scale = Double.longBitsToDouble(arguments[scaleAt]);
    long heads = arguments[scaleAt + 1];
    int rank = (int) arguments[scaleAt + 3];
    int rotary = (int) arguments[scaleAt + 4];
    long rows = arguments[scaleAt + 5];
    for (long head = 0; head < heads; head++) {
      long latent = (head * rows + row) * rank;
      long turned = (row * heads + head) * rotary;
      double[] scores = new double[position + 1];
      double highest = Double.NEGATIVE_INFINITY;
      for (int p = 0; p <= position; p++) {
        long key = cached(arguments, slot, p, rank + rotary);
        for (int i = 0; i < rank + rotary; i++) {
          float q =
              i < rank
                  ? Memory.real(arguments[1], latent + i)
                  : Memory.real(arguments[2], turned + i - rank);
          scores[p] += (double) q * Memory.real(key, i);
        }
        scores[p] *= scale;
        highest = Math.max(highest, scores[p]);
      }
      double total = 0;
      double[] sums = new double[rank];
      for (int p = 0; p <= position; p++) {
        double weight = Math.exp(scores[p] - highest);
        total += weight;
        long value = cached(arguments, slot, p, rank + rotary);
        for (int i = 0; i < rank; i++) {
          sums[i] += weight * Memory.real(value, i);
        }
      }
      for (int i = 0; i < rank; i++) {
        Memory.real(arguments[0], latent + i, (float) (sums[i] / total));
      }
    }
  }

  private static long cached(long[] arguments, int slot, int position, int width) {
    return vector(arguments[3], arguments[4], arguments[5], arguments[6], slot, position, width);
  }
}
