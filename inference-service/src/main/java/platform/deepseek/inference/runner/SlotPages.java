package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
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
 * <p><b>Extents.</b> Mapping costs the same for one page and for many, and what came together goes
 * together. So pages come in extents: those of a prompt at once, later ones one by one. A slot that
 * shrinks into an extent keeps all of it, which costs nothing while there is room; where memory is
 * short such extents are cut ({@link #cutExtent}), by way of the host.
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

  /** Pages of an extent at most. */
  private static final int LARGEST_EXTENT = 32;

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

  /** For each slot, the pages at which its extents end. */
  private final List<Deque<Integer>> extents = new ArrayList<>();

  /** Behind the last work that may touch a slot's leaving pages; made when first needed. */
  private final Mark[] marks;

  /** Slots with leaving pages, those that shrank first in front. */
  private final Set<Integer> leaving = new LinkedHashSet<>();

  private int mappedPages;

  /** Of all slots. */
  private long heldTokens;

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
    for (int slot = 0; slot < slots; slot++) {
      extents.add(new ArrayDeque<>());
    }
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
    hold(slot, Math.max(tokens[slot], count));
  }

  private void hold(int slot, int count) {
    heldTokens += count - tokens[slot];
    tokens[slot] = count;
  }

  /** All of them or none. */
  private void map(int slot, int pages) {
    // What leaves from the slot itself is about to be used again and must not be unmapped.
    boolean left = leaving.remove(slot);
    int before = mapped[slot];
    try {
      while (mappedPages + pages > mostPages) {
        if (!makeRoom(slot)) {
          throw CudaException.ofMemory(
              ("slot %d needs %,d more pages of %,d bytes for keys and values, %,d of %,d are in"
                      + " use; lower MAX_BATCH_SIZE or CONTEXT if this comes often")
                  .formatted(slot, pages, layout.pageBytes(), mappedPages, mostPages));
        }
      }
      while (mapped[slot] < before + pages) {
        mapExtent(slot, Math.min(LARGEST_EXTENT, before + pages - mapped[slot]));
      }
    } catch (RuntimeException | Error e) {
      while (mapped[slot] > before) {
        unmapExtent(slot);
      }
      if (left) {
        leaving.add(slot);
      }
      throw e;
    }
  }

  /** Somebody else may have taken memory of the device that the budget counts on. */
  private void mapExtent(int slot, int pages) {
    while (true) {
      try {
        device.map(page(slot, mapped[slot]), pages * layout.pageBytes());
        break;
      } catch (CudaException e) {
        if (!e.outOfMemory() || !makeRoom(slot)) {
          throw e;
        }
      }
    }
    mapped[slot] += pages;
    mappedPages += pages;
    extents.get(slot).addLast(mapped[slot]);
  }

  /** Takes away some memory that nobody needs, but not from the slot that asks; false without. */
  private boolean makeRoom(int asking) {
    if (unmapOldest()) {
      return true;
    }
    for (int slot = 0; slot < mapped.length; slot++) {
      if (slot != asking && mapped[slot] > needed[slot]) {
        cutExtent(slot);
        return true;
      }
    }
    return false;
  }

  /** Gives back the pages of a slot's last extent that it does not need; waits for the device. */
  private void cutExtent(int slot) {
    int from = lastExtentBegin(slot);
    int kept = needed[slot] - from;
    long at = page(slot, from);
    try (Arena staging = Arena.ofShared()) {
      MemorySegment content = device.pinned(staging, kept * layout.pageBytes());
      device.download(content, at);
      device.synchronize();
      unmapExtent(slot);
      mapExtent(slot, kept);
      device.upload(at, content);
      device.synchronize();
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
    hold(slot, count);
    if (pages == needed[slot]) {
      return;
    }
    needed[slot] = pages;
    if (lastExtentBegin(slot) < pages) {
      return; // a part of an extent stays
    }
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
    while (mapped[slot] > 0 && lastExtentBegin(slot) >= needed[slot]) {
      unmapExtent(slot);
    }
  }

  private void unmapExtent(int slot) {
    int begin = lastExtentBegin(slot);
    int pages = mapped[slot] - begin;
    device.unmap(page(slot, begin), pages * layout.pageBytes());
    extents.get(slot).removeLast();
    mapped[slot] = begin;
    mappedPages -= pages;
  }

  private int lastExtentBegin(int slot) {
    Iterator<Integer> ends = extents.get(slot).descendingIterator();
    ends.next();
    return ends.hasNext() ? ends.next() : 0;
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
    return heldTokens * layout.tokenBytes();
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
