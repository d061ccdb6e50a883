package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import platform.deepseek.inference.cuda.Device;

/** Attention over latents on a device against float64 on the host, and its time. */
public final class LatentKernelsCheck implements AutoCloseable {

  private static final int TILE = KvLayout.TILE;
  private static final int ROUNDS = 20;

  private final Device device;
  private final Arena arena = Arena.ofShared();
  private final DeviceNumbers numbers;
  private final LatentHeads heads;
  private final int slots;
  private final int context;
  private final AttentionKernels.Cache cache;
  private final DeviceNumbers.Pattern cached;
  private final Random random = new Random(11);

  /**
   * @param context positions that each slot holds, a multiple of 16, with random vectors
   */
  public LatentKernelsCheck(
      Device device,
      CudaPrecision precision,
      int heads,
      int rank,
      int rotary,
      int slots,
      int context) {
    this.device = device;
    this.numbers = new DeviceNumbers(device, precision);
    this.heads =
        new LatentHeads(heads, rank, rotary, 16, 16, 0.7 / Math.sqrt(rank + (double) rotary));
    this.slots = slots;
    this.context = context;
    long slotNumbers = (long) context * (rank + rotary);
    this.cached = numbers.pattern(slots * slotNumbers, 1, random);
    this.cache =
        new AttentionKernels.Cache(
            cached.address(),
            slotNumbers * precision.bytes(),
            (long) TILE * (rank + rotary) * precision.bytes());
  }

  /**
   * Rows that are single tokens at these positions of the slots, and behind them pieces of prompts.
   *
   * @param pieces slot, first position, tokens
   * @return the largest difference, relative to the results' root mean square
   */
  public double difference(int[] positions, int[][] pieces) {
    int rows = positions.length;
    List<PromptTile> prompts = new ArrayList<>();
    for (int[] piece : pieces) {
      prompts.add(new PromptTile(rows, piece[2], piece[0], piece[1]));
      rows += piece[2];
    }
    int width = heads.heads() * heads.rank();
    DeviceNumbers.Pattern absorbed = numbers.pattern((long) rows * width, 1, random);
    DeviceNumbers.Pattern turned =
        numbers.pattern((long) rows * heads.heads() * heads.rotary(), 1, random);
    DeviceNumbers.Pattern out = numbers.pattern((long) rows * width, Double.NaN, random);
    int[] slotOf = new int[rows];
    int[] positionOf = new int[rows];
    try (LatentKernels kernels =
            new LatentKernels(device, numbers.precision(), heads, Math.max(1, positions.length));
        CudaBatch batch = new CudaBatch(arena, device, rows, rows + pieces.length)) {
      batch.begin();
      for (int row = 0; row < positions.length; row++) {
        slotOf[row] = row % slots;
        positionOf[row] = positions[row];
        batch.row(1, slotOf[row], positions[row]);
      }
      batch.endSingles();
      for (PromptTile piece : prompts) {
        for (int i = 0; i < piece.rowCount(); i++) {
          slotOf[batch.rows()] = piece.slot();
          positionOf[batch.rows()] = piece.firstPosition() + i;
          batch.row(1, piece.slot(), piece.firstPosition() + i);
        }
      }
      batch.tiles(PromptTile.cut(prompts, kernels.tileTokens()), false);
      batch.upload();
      if (batch.singles() > 0) {
        kernels.plan(batch);
        kernels.decode(out.address(), absorbed.address(), turned.address(), cache, 0, batch);
      }
      if (batch.tileCount() > 0) {
        kernels.prompt(out.address(), absorbed.address(), turned.address(), cache, 0, batch);
      }
      float[] found = numbers.read(out.address(), rows * width);
      double largest = 0;
      double squares = 0;
      for (int row = 0; row < rows; row++) {
        for (int head = 0; head < heads.heads(); head++) {
          long at = ((long) head * rows + row) * heads.rank();
          double[] right =
              attend(
                  absorbed,
                  at,
                  turned,
                  ((long) row * heads.heads() + head) * heads.rotary(),
                  slotOf[row],
                  positionOf[row]);
          for (int i = 0; i < right.length; i++) {
            double difference = Math.abs(found[(int) at + i] - right[i]);
            largest = difference <= largest ? largest : difference;
            squares += right[i] * right[i];
          }
        }
      }
      return largest / Math.sqrt(squares / rows / width);
    }
  }

  private double[] attend(
      DeviceNumbers.Pattern absorbed,
      long at,
      DeviceNumbers.Pattern turned,
      long turnedAt,
      int slot,
      int position) {
    int rank = heads.rank();
    int width = heads.width();
    double[] query = new double[width];
    for (int i = 0; i < width; i++) {
      query[i] = i < rank ? absorbed.at(at + i) : turned.at(turnedAt + i - rank);
    }
    double[] scores = new double[position + 1];
    double highest = Double.NEGATIVE_INFINITY;
    for (int p = 0; p <= position; p++) {
      long vector = ((long) slot * context + p) * width;
      for (int i = 0; i < width; i++) {
        scores[p] += query[i] * cached.at(vector + i);
      }
      scores[p] *= heads.scale();
      highest = Math.max(highest, scores[p]);
    }
    double total = 0;
    double[] sums = new double[rank];
    for (int p = 0; p <= position; p++) {
      double weight = Math.exp(scores[p] - highest);
      total += weight;
      long vector = ((long) slot * context + p) * width;
      for (int i = 0; i < rank; i++) {
        sums[i] += weight * cached.at(vector + i);
      }
    }
    for (int i = 0; i < rank; i++) {
      sums[i] /= total;
    }
    return sums;
  }

  /** Microseconds of attention of so many single tokens, each behind all others of its slot. */
  public double singleMicros(int rows) {
    int width = heads.heads() * heads.rank();
    DeviceNumbers.Pattern absorbed = numbers.pattern((long) rows * width, 1, random);
    DeviceNumbers.Pattern turned =
        numbers.pattern((long) rows * heads.heads() * heads.rotary(), 1, random);
    DeviceNumbers.Pattern out = numbers.pattern((long) rows * width, Double.NaN, random);
    try (LatentKernels kernels = new LatentKernels(device, numbers.precision(), heads, rows);
        CudaBatch batch = new CudaBatch(arena, device, rows, 0)) {
      batch.begin();
      for (int row = 0; row < rows; row++) {
        batch.row(1, row % slots, context - 1);
      }
      batch.endSingles();
      batch.upload();
      kernels.plan(batch);
      return DeviceNumbers.micros(
          device,
          ROUNDS,
          () ->
              kernels.decode(out.address(), absorbed.address(), turned.address(), cache, 0, batch));
    }
  }

  /** Microseconds of attention of a prompt of so many tokens. */
  public double promptMicros(int tokens) {
    int width = heads.heads() * heads.rank();
    DeviceNumbers.Pattern absorbed = numbers.pattern((long) tokens * width, 1, random);
    DeviceNumbers.Pattern turned =
        numbers.pattern((long) tokens * heads.heads() * heads.rotary(), 1, random);
    DeviceNumbers.Pattern out = numbers.pattern((long) tokens * width, Double.NaN, random);
    try (LatentKernels kernels = new LatentKernels(device, numbers.precision(), heads, 1);
        CudaBatch batch = new CudaBatch(arena, device, tokens, tokens + 1)) {
      batch.begin();
      batch.endSingles();
      for (int i = 0; i < tokens; i++) {
        batch.row(1, 0, i);
      }
      batch.tiles(
          PromptTile.cut(List.of(new PromptTile(0, tokens, 0, 0)), kernels.tileTokens()), false);
      batch.upload();
      return DeviceNumbers.micros(
          device,
          ROUNDS,
          () ->
              kernels.prompt(out.address(), absorbed.address(), turned.address(), cache, 0, batch));
    }
  }

  @Override
  public void close() {
    device.synchronize();
    numbers.close();
    arena.close();
  }
}
