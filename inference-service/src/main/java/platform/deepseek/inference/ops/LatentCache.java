package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;

/**
 * Latents and turned keys of all layers in fixed slots of one reserved range of memory; a page
 * costs memory only once it is written. Per layer and slot: {@code [position][width]}, float32, and
 * nothing else: a token's latent is key and value of all heads.
 */
public final class LatentCache implements AttentionCache {

  private final int layers;
  private final long tokenBytes;
  private final long slotBytes;
  private final long layerBytes;
  private final MemorySegment memory;

  /**
   * @param width values of a token in one layer
   * @param positions tokens that a slot holds
   */
  LatentCache(int layers, int slots, int width, int positions) {
    this.layers = layers;
    this.tokenBytes = (long) width * Float.BYTES;
    this.slotBytes = tokenBytes * positions;
    this.layerBytes = slots * slotBytes;
    this.memory = NativeMemory.reserve(layers * layerBytes);
  }

  /** Address of a token's values. */
  long at(int layer, int slot, int position) {
    return memory.address() + layer * layerBytes + slot * slotBytes + position * tokenBytes;
  }

  @Override
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {
    for (int layer = 0; layer < layers; layer++) {
      long from = at(layer, fromSlot, 0) - memory.address();
      long to = at(layer, toSlot, 0) - memory.address();
      MemorySegment.copy(memory, from, memory, to, tokens * tokenBytes);
    }
  }

  @Override
  public void trim(int slot, int tokens) {
    for (int layer = 0; layer < layers; layer++) {
      long start = at(layer, slot, tokens) - memory.address();
      NativeMemory.giveBack(memory.asSlice(start, slotBytes - tokens * tokenBytes));
    }
  }

  @Override
  public String layout() {
    return "f32, %d layers, latents of %d, %s"
        .formatted(layers, tokenBytes / Float.BYTES, Processor.KIND);
  }

  @Override
  public void read(int slot, int from, int tokens, MemorySegment target) {
    long part = part(from, tokens, target);
    for (int layer = 0; layer < layers; layer++) {
      long start = at(layer, slot, from) - memory.address();
      MemorySegment.copy(memory, start, target, layer * part, part);
    }
  }

  @Override
  public void write(int slot, int from, int tokens, MemorySegment source) {
    long part = part(from, tokens, source);
    for (int layer = 0; layer < layers; layer++) {
      long start = at(layer, slot, from) - memory.address();
      MemorySegment.copy(source, layer * part, memory, start, part);
    }
  }

  /** Bytes of one layer. */
  private long part(int from, int tokens, MemorySegment bytes) {
    long part = tokens * tokenBytes;
    if (from < 0 || from * tokenBytes + part > slotBytes || bytes.byteSize() != bytes(tokens)) {
      throw new IndexOutOfBoundsException(
          "tokens [%d, %d) in %,d bytes are no part of a slot"
              .formatted(from, from + tokens, bytes.byteSize()));
    }
    return part;
  }

  @Override
  public long bytesPerToken() {
    return layers * tokenBytes;
  }

  @Override
  public long pagedBytes(int tokens) {
    return layers * NativeMemory.roundUp(tokens * tokenBytes);
  }

  @Override
  public void close() {
    NativeMemory.free(memory);
  }
}
