package platform.deepseek.inference.ops;

/**
 * The rows of one run: entry e has rows [rowOffsets[e], rowOffsets[e] + counts[e]), which are the
 * tokens at positions [starts[e], starts[e] + counts[e]) of slot slots[e].
 */
public record RaggedBatch(int[] slots, int[] starts, int[] counts, int[] rowOffsets) {

  public static RaggedBatch of(int[] slots, int[] starts, int[] counts) {
    int[] rowOffsets = new int[counts.length];
    for (int e = 1; e < counts.length; e++) {
      rowOffsets[e] = rowOffsets[e - 1] + counts[e - 1];
    }
    return new RaggedBatch(slots, starts, counts, rowOffsets);
  }

  public int entries() {
    return counts.length;
  }
}
