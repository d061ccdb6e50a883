package platform.deepseek.inference.runner;

import java.util.Arrays;
import java.util.List;
import platform.deepseek.inference.engine.Step;

/**
 * Which row of a decoding run is which slot's, and what idle rows do.
 *
 * <p>A run covers slots 0 to the highest in use, because a batch of attention is one stretch of the
 * cache. Every row writes keys and values, those of idle slots too: they write behind all that was
 * computed in the slot, where the next sequence writes before it reads.
 */
final class SlotRows {

  /** Tokens whose keys and values each slot holds, as last written. */
  private final int[] held;

  SlotRows(int slots) {
    held = new int[slots];
  }

  /** Positions [0, tokens) of the slot are written. */
  void holds(int slot, int tokens) {
    held[slot] = tokens;
  }

  /**
   * A run of one token for each entry.
   *
   * @param ids per row; 0 in idle ones
   * @param lengths per row, the positions before the one that is written
   * @param rows the entries' rows, in their order
   */
  record Decode(long[] ids, int[] lengths, int[] rows) {

    /** Positions that the longest row attends to. */
    int total() {
      return Arrays.stream(lengths).max().orElseThrow() + 1;
    }
  }

  Decode decode(List<Step.Entry> entries) {
    int[] rows = entries.stream().mapToInt(entry -> entry.sequence().slot()).toArray();
    int count = Arrays.stream(rows).max().orElseThrow() + 1;
    long[] ids = new long[count];
    int[] lengths = Arrays.copyOf(held, count);
    for (Step.Entry entry : entries) {
      int row = entry.sequence().slot();
      ids[row] = entry.sequence().token(entry.from());
      lengths[row] = entry.from();
    }
    return new Decode(ids, lengths, rows);
  }
}
