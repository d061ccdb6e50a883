package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.ModelConfig;

/**
 * Keys and values of all slots on the device, in {@link KvLayout}'s order. Addresses of whole slots
 * are reserved, memory follows the tokens. Behind the slots lies one that nobody owns: rows that
 * only fill a batch write there.
 */
final class PagedKvCache implements AutoCloseable {

  private final Device device;
  private final KvLayout layout;
  private final int slots;
  private final long base;
  private final SlotPages pages;

  /**
   * @param context tokens that a slot holds
   * @param budget bytes that may be mapped for the slots, whole pages of it
   */
  PagedKvCache(
      Device device,
      ModelConfig config,
      CudaPrecision precision,
      int slots,
      int context,
      long budget) {
    this.device = device;
    this.layout = KvLayout.of(config, precision, context, device.pageBytes());
    this.slots = slots;
    this.base = device.reserve(reservedBytes());
    // The scratch slot is beside the budget, which is for what requests need.
    long all = Math.max(budget, budget + scratchBytes());
    this.pages = new SlotPages(device, layout, base, slots + 1, all);
    try {
      pages.ensure(scratchSlot(), 1);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private long reservedBytes() {
    return Math.multiplyExact(slots + 1L, layout.slotStride());
  }

  private long scratchBytes() {
    return layout.pages(1) * layout.pageBytes();
  }

  /** Where slot 0 begins. */
  long base() {
    return base;
  }

  /** Bytes from one slot to the next. */
  long slotStride() {
    return layout.slotStride();
  }

  /** Bytes from one tile of 16 positions to the next. */
  long tileStride() {
    return layout.tileStride();
  }

  /** The slot for rows that belong to no sequence; they are at position 0. */
  int scratchSlot() {
    return slots;
  }

  /**
   * Puts memory behind a slot's first tokens; to be called before work is queued that touches them.
   *
   * @throws CudaException {@link CudaException#outOfMemory}: not enough, and nothing has changed
   */
  void ensure(int slot, int tokens) {
    pages.ensure(slot, tokens);
  }

  /**
   * A slot holds its first tokens only. Queued work may still touch the others: their memory goes
   * when it is done ({@link #settle}).
   */
  void trim(int slot, int tokens) {
    pages.trim(slot, tokens);
  }

  /** Gives memory back that the device is done with; to be called once in a step. */
  void settle() {
    pages.settle();
  }

  /**
   * Queues a copy of positions [0, tokens) from one slot to another, whose content it replaces.
   *
   * @throws CudaException {@link CudaException#outOfMemory}: not enough for the copy
   */
  void copyPrefix(int from, int to, int tokens) {
    if (tokens > pages.tokens(from)) {
      throw new IllegalArgumentException(
          "a prefix of %,d tokens of slot %d, which holds %,d"
              .formatted(tokens, from, pages.tokens(from)));
    }
    pages.trim(to, tokens);
    pages.ensure(to, tokens);
    device.copy(
        base + to * layout.slotStride(),
        base + from * layout.slotStride(),
        layout.tiledBytes(tokens));
    pages.clearTail(to, tokens);
  }

  /** Bytes with memory behind them: what the device has less. */
  long mappedBytes() {
    return pages.mappedBytes();
  }

  /** Bytes of the tokens that are held. */
  long usedBytes() {
    return pages.usedBytes();
  }

  @Override
  public void close() {
    pages.close();
    device.release(base, reservedBytes());
  }
}
