package platform.deepseek.inference.ops;

import java.util.function.IntToLongFunction;
import platform.deepseek.inference.ort.KernelContext;

/**
 * Products of groups of rows, each with a matrix of its own: experts with the tokens that chose
 * them, heads with their queries. The matrices lie one below the other in one {@link WeightMatrix},
 * and a group's rows follow those of the group before.
 *
 * @param matrix of all groups, each with as many panels as the others
 * @param panels of one group
 * @param threads among which work is shared out
 */
record GroupedProduct(WeightMatrix matrix, int panels, int threads) {

  /** Rows that are multiplied with a group's panels at once: their numbers fit the L2. */
  private static final int ROWS_PER_UNIT = 64;

  /** Groups with rows, and the first row of each group and the end of the last. */
  record Rows(int[] groups, int count, int[] offsets) {}

  static GroupedProduct of(WeightMatrix matrix, int groups, int threads) {
    if (matrix.outputs() % (groups * BlockFormat.PANEL) != 0) {
      throw new IllegalArgumentException(
          "%,d outputs of %d groups are not whole panels of 8".formatted(matrix.outputs(), groups));
    }
    return new GroupedProduct(matrix, matrix.panels() / groups, threads);
  }

  /** Outputs of one group. */
  int outputs() {
    return panels * BlockFormat.PANEL;
  }

  /**
   * @param activations address of all groups' prepared rows
   * @param output address of a group's first output row
   * @param stride bytes from one output row to the next
   */
  void multiply(
      KernelContext context, Rows rows, long activations, IntToLongFunction output, long stride) {
    if (rows.count == 0) {
      return;
    }
    int wanted = threads == 1 ? 1 : Math.ceilDiv(4 * threads, rows.count);
    int parts = Math.min(panels, wanted);
    context.parallel(
        rows.count * parts,
        unit -> {
          int group = rows.groups[unit / parts];
          int part = unit % parts;
          int firstPanel = (int) ((long) part * panels / parts);
          int lastPanel = (int) ((part + 1L) * panels / parts);
          int first = rows.offsets[group];
          int end = rows.offsets[group + 1];
          long target = output.applyAsLong(group) + 4L * firstPanel * BlockFormat.PANEL;
          for (int row = first; row < end; row += ROWS_PER_UNIT) {
            matrix.multiply(
                group * panels + firstPanel,
                lastPanel - firstPanel,
                activations + (long) row * matrix.activationBytes(),
                Math.min(ROWS_PER_UNIT, end - row),
                target + (row - first) * stride,
                stride);
          }
        });
  }
}
