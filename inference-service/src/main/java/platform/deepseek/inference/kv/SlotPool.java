package platform.deepseek.inference.kv;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Hands out the rows of the KV cache and keeps finished ones as prefixes for later requests.
 *
 * <p>Attention kernels are fastest over one contiguous row per sequence (measured: 67,881 against
 * 26,319 tokens/s with paged blocks), so memory is not paged. What paging gives is kept in another
 * form: rows are counted in blocks against one budget, so many short or few long sequences share
 * it; and a shared prefix is copied (a memory copy, far below the price of computing it) instead of
 * pointed at. Pages behind a row are given back by {@link SlotMemory#trim} whenever its blocks
 * shrink.
 *
 * <p>Questions change nothing: {@link #place}. Acts do what a question's fresh answer allowed:
 * {@link #take}. Not thread safe: the engine's loop thread owns it.
 *
 * <p>The memory may fail, and the books are right all the same. What gives room up is decided here
 * and booked whole before the memory hears of it: a slot whose memory stays is free, and what it
 * owes is asked for again when memory is short. What needs the memory, a copy, is booked behind it:
 * a slot that did not get its prefix was not taken.
 */
public final class SlotPool {
  private static final Comparator<Slot> LEAST_RECENT = Comparator.comparingLong(s -> s.lastUse);

  private final PoolConfig config;
  private final SlotMemory memory;
  private final PrefixIndex index = new PrefixIndex();
  private final List<Slot> slots = new ArrayList<>();
  private int usedBlocks;
  private long clock;

  public SlotPool(PoolConfig config, SlotMemory memory) {
    this.config = config;
    this.memory = memory;
    for (int i = 0; i < config.slots(); i++) {
      slots.add(new Slot(i));
    }
  }

  /**
   * A place with room for all known tokens of a sequence, or empty when there is none now.
   *
   * @param reusable tokens that may come from another sequence's content; at least the last known
   *     token is always computed again, because its logits are needed and the cache has only keys
   *     and values
   */
  public Optional<Placement> place(HashedTokens tokens, int reusable) {
    int limit = Math.min(reusable, tokens.length() - 1) / config.blockTokens();
    PrefixIndex.Match match =
        config.prefixReuse() && limit > 0
            ? index.longestMatch(tokens, limit)
            : new PrefixIndex.Match(new BitSet(), 0);
    int reused = match.blocks() * config.blockTokens();
    Optional<Slot> source = source(match, tokens, reused);
    if (source.isEmpty()) {
      return elsewhere(tokens.length(), null, 0);
    }
    Slot slot = source.get();
    if (slot.state == Slot.State.RUNNING) {
      return elsewhere(tokens.length(), slot, reused);
    }
    if (isWholeContent(slot, reused)) {
      return takeOver(tokens.length(), slot, reused);
    }
    return elsewhere(tokens.length(), slot, reused)
        .or(() -> takeOver(tokens.length(), slot, reused));
  }

  /** How many leading tokens, {@code reusable} at most, are in some slot; whole blocks. */
  public int held(HashedTokens tokens, int reusable) {
    int limit = config.prefixReuse() ? Math.min(reusable, tokens.length()) : 0;
    return index.longestMatch(tokens, limit / config.blockTokens()).blocks() * config.blockTokens();
  }

  /** A slot that holds the first {@code length} tokens, a multiple of the block size. */
  public OptionalInt holder(HashedTokens tokens, int length) {
    int blocks = length / config.blockTokens();
    PrefixIndex.Match match = index.longestMatch(tokens, blocks);
    return match.blocks() < blocks
        ? OptionalInt.empty()
        : match.slots().stream()
            .filter(slot -> slots.get(slot).tokens.startsLike(tokens, length))
            .findFirst();
  }

  /**
   * Acts on a fresh answer of {@link #place}; the slot is running afterwards.
   *
   * @throws RuntimeException the memory failed; then the slot is not running, and only what was to
   *     be evicted may be gone
   */
  public void take(Placement placement, HashedTokens tokens) {
    Slot slot = slots.get(placement.slot());
    placement.evicted().forEach(victim -> evict(slots.get(victim)));
    if (placement.copiedFrom() >= 0) {
      slots.get(placement.copiedFrom()).lastUse = ++clock;
    }
    if (placement.copiedFrom() == slot.index) {
      shrink(slot, placement.reused());
    } else {
      evict(slot);
      if (placement.reused() > 0) {
        memory.copyPrefix(placement.copiedFrom(), slot.index, placement.reused());
      }
    }
    slot.state = Slot.State.RUNNING;
    slot.tokens = tokens;
    slot.lastUse = ++clock;
    reserve(slot, placement.reserved());
    advance(slot, placement.reused());
  }

  /**
   * Makes room for {@code length} tokens in a running slot, giving up cached content where needed;
   * false and no change when there is not enough even so.
   */
  public boolean tryExtend(int slotIndex, int length) {
    Slot slot = running(slotIndex);
    if (length <= slot.reserved) {
      return true;
    }
    int more = config.blocks(length) - config.blocks(slot.reserved);
    Optional<List<Integer>> victims = victims(more, slot, slot);
    victims.ifPresent(
        found -> {
          found.forEach(victim -> evict(slots.get(victim)));
          reserve(slot, length);
        });
    return victims.isPresent();
  }

  /** Tokens that a running slot could hold without anybody giving up anything. */
  public int freeRoom(int slotIndex) {
    int blocks = blocks(running(slotIndex)) + config.capacityBlocks() - usedBlocks;
    return Math.min(config.context(), blocks * config.blockTokens());
  }

  /** A running slot needs room for no more than {@code length} tokens. */
  public void retract(int slotIndex, int length) {
    Slot slot = running(slotIndex);
    if (length < slot.reserved) {
      setReserved(slot, Math.max(slot.computed, length));
    }
  }

  /** Tokens [0, length) of a running slot are computed now; others may reuse them. */
  public void computed(int slotIndex, int length) {
    Slot slot = running(slotIndex);
    if (length < slot.computed || length > slot.reserved) {
      throw new IllegalStateException(
          "slot %d computed %d tokens, has %d of %d reserved"
              .formatted(slotIndex, length, slot.computed, slot.reserved));
    }
    slot.lastUse = ++clock;
    advance(slot, length);
  }

  /**
   * The sequence left; its content stays as a prefix for others until the room is needed.
   *
   * @throws RuntimeException the memory failed; the sequence has left nevertheless
   */
  public void release(int slotIndex) {
    Slot slot = running(slotIndex);
    if (!config.prefixReuse() || slot.indexed == 0) {
      evict(slot);
      return;
    }
    slot.state = Slot.State.CACHED;
    slot.lastUse = ++clock;
    setReserved(slot, slot.computed);
  }

  /**
   * The sequence left and its content cannot be trusted: nobody may reuse it.
   *
   * @throws RuntimeException the memory failed; the slot is free nevertheless
   */
  public void discard(int slotIndex) {
    evict(running(slotIndex));
  }

  /**
   * No content stays as a prefix, and memory that free slots still have is given back.
   *
   * @throws RuntimeException the memory failed; all content is forgotten nevertheless
   */
  public void evictCached() {
    cached().toList().forEach(this::free);
    slots.stream().filter(slot -> slot.owing).forEach(this::giveBack);
  }

  public PoolStats stats() {
    int cached = cached().mapToInt(this::blocks).sum();
    return new PoolStats(usedBlocks - cached, cached, config.capacityBlocks());
  }

  public PoolConfig config() {
    return config;
  }

  // ---- questions

  private Optional<Slot> source(PrefixIndex.Match match, HashedTokens tokens, int reused) {
    List<Slot> holders =
        match.slots().stream()
            .mapToObj(slots::get)
            .filter(slot -> slot.tokens.startsLike(tokens, reused))
            .toList();
    return holders.stream()
        .filter(slot -> slot.state == Slot.State.CACHED && isWholeContent(slot, reused))
        .findFirst()
        .or(() -> holders.stream().findFirst());
  }

  /** Whether nothing but the tail of an unfinished block is lost when only this prefix is kept. */
  private boolean isWholeContent(Slot slot, int tokens) {
    return slot.computed - tokens < config.blockTokens();
  }

  private Optional<Placement> takeOver(int length, Slot source, int reused) {
    return victims(config.blocks(length) - blocks(source), source, source)
        .map(victims -> new Placement(source.index, reused, source.index, victims, length));
  }

  /** A free slot, else the least recently used cached one that is not the source. */
  private Optional<Placement> elsewhere(int length, Slot source, int reused) {
    Optional<Slot> target =
        slots.stream()
            .filter(slot -> slot.state == Slot.State.FREE)
            .findFirst()
            .or(() -> cached().filter(slot -> slot != source).min(LEAST_RECENT));
    if (target.isEmpty()) {
      return Optional.empty();
    }
    Slot slot = target.get();
    int from = source == null ? -1 : source.index;
    return victims(config.blocks(length) - blocks(slot), slot, source)
        .map(victims -> new Placement(slot.index, reused, from, victims, length));
  }

  /** The least recently used cached slots that must go for {@code more} blocks to fit. */
  private Optional<List<Integer>> victims(int more, Slot kept, Slot alsoKept) {
    int missing = usedBlocks + more - config.capacityBlocks();
    var victims = new ArrayList<Integer>();
    if (missing > 0) {
      List<Slot> oldest =
          cached().filter(s -> s != kept && s != alsoKept).sorted(LEAST_RECENT).toList();
      for (Slot slot : oldest) {
        if (missing <= 0) {
          break;
        }
        victims.add(slot.index);
        missing -= blocks(slot);
      }
    }
    return missing > 0 ? Optional.empty() : Optional.of(victims);
  }

  private Stream<Slot> cached() {
    return slots.stream().filter(slot -> slot.state == Slot.State.CACHED);
  }

  private Slot running(int index) {
    Slot slot = slots.get(index);
    if (slot.state != Slot.State.RUNNING) {
      throw new IllegalStateException("slot " + index + " is " + slot.state + ", not running");
    }
    return slot;
  }

  private int blocks(Slot slot) {
    return config.blocks(slot.reserved);
  }

  // ---- acts

  private void reserve(Slot slot, int length) {
    if (length > config.context()) {
      throw new IllegalStateException(
          "%d tokens do not fit a slot of %d".formatted(length, config.context()));
    }
    book(slot, length);
  }

  private void setReserved(Slot slot, int length) {
    book(slot, length);
    giveBack(slot);
  }

  private void book(Slot slot, int length) {
    int before = blocks(slot);
    slot.reserved = length;
    usedBlocks += blocks(slot) - before;
    slot.owing |= blocks(slot) < before;
  }

  private void giveBack(Slot slot) {
    if (slot.owing) {
      memory.trim(slot.index, slot.reserved);
      slot.owing = false;
    }
  }

  private void advance(Slot slot, int length) {
    slot.computed = length;
    int full = config.prefixReuse() ? length / config.blockTokens() : 0;
    if (full > slot.indexed) {
      index.add(slot.index, slot.tokens, slot.indexed, full);
      slot.indexed = full;
    }
  }

  private void shrink(Slot slot, int length) {
    forget(slot, length);
    giveBack(slot);
  }

  /** Content from {@code length} on is not its own any more. */
  private void forget(Slot slot, int length) {
    int full = length / config.blockTokens();
    if (full < slot.indexed) {
      index.remove(slot.index, slot.tokens, full, slot.indexed);
      slot.indexed = full;
    }
    slot.computed = length;
    book(slot, length);
  }

  private void evict(Slot slot) {
    if (slot.state != Slot.State.FREE) { // what a free one owes does not keep anybody out of it
      free(slot);
      giveBack(slot);
    }
  }

  private void free(Slot slot) {
    forget(slot, 0);
    slot.state = Slot.State.FREE;
    slot.tokens = null;
  }

  /** Throws IllegalStateException when the books do not agree; cheap enough for every test. */
  public void checkIntegrity() {
    int used = 0;
    int indexed = 0;
    for (Slot slot : slots) {
      used += blocks(slot);
      indexed += slot.indexed;
      check(slot.computed <= slot.reserved, slot, "computed more than reserved");
      check(slot.reserved <= config.context(), slot, "reserved more than the row");
      check(slot.indexed * config.blockTokens() <= slot.computed, slot, "indexed too much");
      check((slot.state == Slot.State.FREE) == (slot.tokens == null), slot, "free with tokens");
      check(slot.state != Slot.State.FREE || slot.reserved == 0, slot, "free with room");
      check(slot.tokens == null || slot.computed <= slot.tokens.length(), slot, "unknown tokens");
      for (int block = 0; block < slot.indexed; block++) {
        check(index.contains(slot.index, slot.tokens.hash(block)), slot, "block not in index");
      }
    }
    if (used != usedBlocks || used > config.capacityBlocks() || indexed != index.size()) {
      throw new IllegalStateException(
          "blocks: %d counted, %d booked, %d capacity; index: %d counted, %d booked"
              .formatted(used, usedBlocks, config.capacityBlocks(), indexed, index.size()));
    }
  }

  private static void check(boolean holds, Slot slot, String complaint) {
    if (!holds) {
      throw new IllegalStateException(
          "slot %d (%s): %s".formatted(slot.index, slot.state, complaint));
    }
  }
}
