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
public final class KvCache implements AttentionCache {

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

  /** Copies whole blocks of keys, whose tail is never read. */
  @Override
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

  @Override
  public String layout() {
    return "f32, %d layers, %d heads of %d, keys by %d, %s"
        .formatted(layers, heads, headSize, AttentionKernel.BLOCK, Processor.KIND);
  }

  /** By layer the keys of all heads, then the values, as they lie here. */
  @Override
  public void read(int slot, int from, int tokens, MemorySegment target) {
    long part = part(from, tokens, target);
    long at = 0;
    for (int layer = 0; layer < layers; layer++) {
      for (int head = 0; head < 2 * heads; head++) {
        MemorySegment.copy(memory, offset(layer, slot, head, from), target, at, part);
        at += part;
      }
    }
  }

  @Override
  public void write(int slot, int from, int tokens, MemorySegment source) {
    long part = part(from, tokens, source);
    long at = 0;
    for (int layer = 0; layer < layers; layer++) {
      for (int head = 0; head < 2 * heads; head++) {
        MemorySegment.copy(source, at, memory, offset(layer, slot, head, from), part);
        at += part;
      }
    }
  }

  private long offset(int layer, int slot, int head, int from) {
    return keys(layer, slot, head) - memory.address() + (long) from * headSize * Float.BYTES;
  }

  /** Bytes of one head. */
  private long part(int from, int tokens, MemorySegment bytes) {
    long part = (long) tokens * headSize * Float.BYTES;
    if (from < 0
        || (from | tokens) % AttentionKernel.BLOCK != 0
        || from * (long) headSize * Float.BYTES + part > headBytes
        || bytes.byteSize() != bytes(tokens)) {
      throw new IndexOutOfBoundsException(
          "tokens [%d, %d) in %,d bytes are no whole blocks of a slot"
              .formatted(from, from + tokens, bytes.byteSize()));
    }
    return part;
  }

  @Override
  public void trim(int slot, int tokens) {
    long keep = (long) blocks(tokens) * AttentionKernel.BLOCK * headSize * Float.BYTES;
    for (int layer = 0; layer < layers; layer++) {
      for (int head = 0; head < 2 * heads; head++) {
        long start = keys(layer, slot, head) - memory.address();
        NativeMemory.giveBack(memory.asSlice(start + keep, headBytes - keep));
      }
    }
  }

  @Override
  public long bytesPerToken() {
    return bytesPerToken(layers, heads, headSize);
  }

  @Override
  public long pagedBytes(int tokens) {
    long bytes = (long) blocks(tokens) * AttentionKernel.BLOCK * headSize * Float.BYTES;
    return 2L * layers * heads * NativeMemory.roundUp(bytes);
  }

  private void copy(long from, long to, long bytes) {
    MemorySegment.copy(memory, from - memory.address(), memory, to - memory.address(), bytes);
  }

  @Override
  public void close() {
    NativeMemory.free(memory);
  }
}
