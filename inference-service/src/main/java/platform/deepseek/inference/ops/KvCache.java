package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;

/**
 * Keys and values of all layers in fixed slots of one reserved range of memory; a page costs memory
 * only once it is written.
 *
 * <p>Per layer, slot and key-value head: keys in blocks of 16 positions, transposed - {@code
 * [block][dimension][16]} - so that scores need no sums across registers; values as {@code
 * [position][dimension]}. float32.
 */
public final class KvCache implements AutoCloseable {

  private final int layers;
  private final int heads;
  private final int headSize;
  private final long headBytes;
  private final long slotBytes;
  private final long layerBytes;
  private final MemorySegment memory;

  /**
   * @param heads key-value heads
   * @param positions tokens that a slot holds
   */
  public KvCache(int layers, int slots, int heads, int headSize, int positions) {
    this.layers = layers;
    this.heads = heads;
    this.headSize = headSize;
    this.headBytes = (long) blocks(positions) * AttentionKernel.BLOCK * headSize * Float.BYTES;
    this.slotBytes = 2 * heads * headBytes;
    this.layerBytes = slots * slotBytes;
    this.memory = NativeMemory.reserve(layers * layerBytes);
  }

  /** Bytes that one token takes in all layers. */
  public static long bytesPerToken(int layers, int heads, int headSize) {
    return 2L * layers * heads * headSize * Float.BYTES;
  }

  static int blocks(int positions) {
    return (positions + AttentionKernel.BLOCK - 1) / AttentionKernel.BLOCK;
  }

  long keys(int layer, int slot, int head) {
    return memory.address() + layer * layerBytes + slot * slotBytes + head * headBytes;
  }

  long values(int layer, int slot, int head) {
    return keys(layer, slot, heads + head);
  }

  /** Copies the first tokens of a slot; whole blocks of keys, whose tail is never read. */
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {
    long keyBytes = (long) blocks(tokens) * AttentionKernel.BLOCK * headSize * Float.BYTES;
    long valueBytes = (long) tokens * headSize * Float.BYTES;
    for (int layer = 0; layer < layers; layer++) {
      for (int head = 0; head < heads; head++) {
        copy(keys(layer, fromSlot, head), keys(layer, toSlot, head), keyBytes);
        copy(values(layer, fromSlot, head), values(layer, toSlot, head), valueBytes);
      }
    }
  }

  /** Gives memory of tokens from {@code tokens} on back to the system. */
  public void trim(int slot, int tokens) {
    long keep = (long) blocks(tokens) * AttentionKernel.BLOCK * headSize * Float.BYTES;
    for (int layer = 0; layer < layers; layer++) {
      for (int head = 0; head < 2 * heads; head++) {
        long start = keys(layer, slot, head) - memory.address();
        NativeMemory.giveBack(memory.asSlice(start + keep, headBytes - keep));
      }
    }
  }

  private void copy(long from, long to, long bytes) {
    MemorySegment.copy(memory, from - memory.address(), memory, to - memory.address(), bytes);
  }

  @Override
  public void close() {
    NativeMemory.free(memory);
  }
}
