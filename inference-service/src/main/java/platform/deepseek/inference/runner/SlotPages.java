package platform.deepseek.inference.runner;

import java.util.LinkedHashSet;
import java.util.Set;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Mark;

/**
 * Which pages of each slot's reserved addresses have memory behind them: those in which its tokens
 * lie, and no others for long.
 *
 * <p><b>Leaving.</b> When a slot shrinks, a step that was queued before may still read its pages,
 * and a page that is gone while a kernel reads it ends the process. So they only leave: a mark is
 * set behind all that is queued, and {@link #settle} unmaps when the device has reached it. A slot
 * that grows again before takes its leaving pages back. Where memory is short, a mark is awaited.
 *
 * <p><b>Zeros.</b> Attention reads whole tiles and masks the positions behind its row by a weight
 * of zero; but zero times NaN is NaN, and a page's old content (another sequence's values, weights,
 * anything) may be one. What a sequence has not written must be finite, else the answer would
 * depend on who had the page before. So every byte of a slot's pages behind its tokens is zero: a
 * page is cleared when it comes, and the rest of the last page is cleared when the slot shrinks.
 * That is a memset (5 microseconds on an H200) for each 2 MiB that a sequence grows and for each
 * one that ended, and keeps the test out of the kernel's innermost loop. Clearing is queued, so it
 * comes behind the last step that wrote there.
 */
final class SlotPages implements AutoCloseable {

  private final Device device;
  private final KvLayout layout;
  private final long base;
  private final int mostPages;

  /** Tokens that may have been written. */
  private final int[] tokens;

  /** Pages of those tokens, all mapped. */
  private final int[] needed;

  /** Pages with memory behind them, from the slot's first one on; more than needed ones leave. */
  private final int[] mapped;

  /** Behind the last work that may touch a slot's leaving pages; made when first needed. */
  private final Mark[] marks;

  /** Slots with leaving pages, those that shrank first in front. */
  private final Set<Integer> leaving = new LinkedHashSet<>();

  private int mappedPages;

  /**
   * @param base where slot 0 is reserved
   * @param budget bytes that may be mapped at one time
   */
  SlotPages(Device device, KvLayout layout, long base, int slots, long budget) {
    this.device = device;
    this.layout = layout;
    this.base = base;
    this.mostPages = (int) Math.min(Integer.MAX_VALUE, budget / layout.pageBytes());
    this.tokens = new int[slots];
    this.needed = new int[slots];
    this.mapped = new int[slots];
    this.marks = new Mark[slots];
  }

  /**
   * Puts memory behind the slot's first tokens. Does nothing when it is there.
   *
   * @throws CudaException {@link CudaException#outOfMemory}: neither the budget nor the device has
   *     enough, also after waiting for what leaves; the slot is as it was
   */
  void ensure(int slot, int count) {
    int pages = layout.pages(count);
    if (pages > layout.slotPages()) {
      throw new IllegalArgumentException(
          "slot %d: %,d tokens are %,d pages, a slot has %,d"
              .formatted(slot, count, pages, layout.slotPages()));
    }
    if (pages > needed[slot]) {
      int before = mapped[slot];
      if (pages > before) {
        map(slot, pages - before);
      }
      device.clear(page(slot, needed[slot]), (pages - needed[slot]) * layout.pageBytes());
      needed[slot] = pages;
      if (pages >= before) {
        leaving.remove(slot);
      }
    }
    tokens[slot] = Math.max(tokens[slot], count);
  }

  private void map(int slot, int pages) {
    // What leaves from the slot itself is about to be used again and must not be unmapped.
    boolean left = leaving.remove(slot);
    try {
      while (mappedPages + pages > mostPages) {
        if (!unmapOldest()) {
          throw CudaException.ofMemory(
              ("slot %d needs %,d more pages of %,d bytes for keys and values, %,d of %,d are in"
                      + " use; lower MAX_BATCH_SIZE or CONTEXT if this comes often")
                  .formatted(slot, pages, layout.pageBytes(), mappedPages, mostPages));
        }
      }
      mapOnDevice(page(slot, mapped[slot]), pages * layout.pageBytes());
    } catch (RuntimeException | Error e) {
      if (left) {
        leaving.add(slot);
      }
      throw e;
    }
    mapped[slot] += pages;
    mappedPages += pages;
  }

  /** Somebody else may have taken memory of the device that the budget counts on. */
  private void mapOnDevice(long address, long bytes) {
    while (true) {
      try {
        device.map(address, bytes);
        return;
      } catch (CudaException e) {
        if (!e.outOfMemory() || !unmapOldest()) {
          throw e;
        }
      }
    }
  }

  /**
   * The slot holds its first tokens only. Work that touches what is behind them may be under way,
   * and none may be queued from here on before {@link #ensure} allows it.
   */
  void trim(int slot, int count) {
    if (count >= tokens[slot]) {
      return;
    }
    int pages = layout.pages(count);
    clear(slot, count, Math.min(layout.tiledBytes(tokens[slot]), pages * layout.pageBytes()));
    tokens[slot] = count;
    if (pages == needed[slot]) {
      return;
    }
    needed[slot] = pages;
    if (marks[slot] == null) {
      marks[slot] = device.mark();
    }
    marks[slot].record();
    leaving.remove(slot);
    leaving.add(slot);
  }

  /** Queues zeros from the slot's token {@code from} on to the byte {@code end} of the slot. */
  private void clear(int slot, int from, long end) {
    long at = base + slot * layout.slotStride();
    int inTile = from % KvLayout.TILE;
    if (inTile > 0) {
      clearTile(at + layout.tiledBytes(from) - layout.tileStride(), inTile);
    }
    long whole = layout.tiledBytes(from);
    if (end > whole) {
      device.clear(at + whole, end - whole);
    }
  }

  private void clearTile(long tile, int from) {
    long vector = layout.vectorBytes();
    device.clearRows(
        tile + from * vector,
        KvLayout.TILE * vector,
        (KvLayout.TILE - from) * vector,
        layout.rows());
  }

  /** Zeros behind a token in its tile, when something was copied there. */
  void clearTail(int slot, int count) {
    clear(slot, count, 0);
  }

  /** Unmaps what the device is done with; takes microseconds for each slot that shrank. */
  void settle() {
    leaving.removeIf(
        slot -> {
          boolean reached = marks[slot].reached();
          if (reached) {
            unmap(slot);
          }
          return reached;
        });
  }

  /** Waits for the slot that shrank first and unmaps what it gave up; false if there is none. */
  private boolean unmapOldest() {
    if (leaving.isEmpty()) {
      return false;
    }
    int slot = leaving.iterator().next();
    marks[slot].await();
    unmap(slot);
    leaving.remove(slot);
    return true;
  }

  private void unmap(int slot) {
    int pages = mapped[slot] - needed[slot];
    device.unmap(page(slot, needed[slot]), pages * layout.pageBytes());
    mapped[slot] -= pages;
    mappedPages -= pages;
  }

  private long page(int slot, int page) {
    return base + slot * layout.slotStride() + page * layout.pageBytes();
  }

  /** Tokens that the slot has memory for and may have written. */
  int tokens(int slot) {
    return tokens[slot];
  }

  /** Bytes with memory behind them, leaving ones included. */
  long mappedBytes() {
    return mappedPages * layout.pageBytes();
  }

  /** Bytes that will be left when the device has done what is queued. */
  long neededBytes() {
    long pages = 0;
    for (int slot : needed) {
      pages += slot;
    }
    return pages * layout.pageBytes();
  }

  /** Bytes of the tokens that slots hold. */
  long usedBytes() {
    long all = 0;
    for (int slot : tokens) {
      all += slot;
    }
    return all * layout.tokenBytes();
  }

  /** Waits for the device and unmaps everything. */
  @Override
  public void close() {
    device.synchronize();
    for (int slot = 0; slot < mapped.length; slot++) {
      needed[slot] = 0;
      if (mapped[slot] > 0) {
        unmap(slot);
      }
      if (marks[slot] != null) {
        marks[slot].close();
      }
    }
  }
}
