package platform.deepseek.inference.engine.prefix;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import platform.deepseek.inference.kv.HashedTokens;
import platform.deepseek.inference.kv.SlotPool;

/**
 * Prefixes of ended sequences on their way to the store. They stay in their slots until the store
 * has room for the next block; it is copied out between two steps, a bounded number of bytes each
 * time. What the pool needs the room of before that, and what comes when too many wait, is not
 * handed over: it was a cache's. The loop thread's.
 */
final class Handovers {

  /** Prefixes that wait at most. */
  private static final int MOST = 64;

  private static final class Handover {
    private final String tenant;
    private final HashedTokens tokens;
    private final BlockNames names;
    private final int blocks;
    private int next;

    Handover(String tenant, HashedTokens tokens, BlockNames names, int blocks) {
      this.tenant = tenant;
      this.tokens = tokens;
      this.names = names;
      this.blocks = blocks;
    }
  }

  private final PrefixSharing sharing;
  private final PrefixStore store;
  private final SlotBlocks slots;
  private final SlotPool pool;
  private final KeptNames kept;
  private final PrefixObserver observer;
  private final Runnable wake;
  private final Deque<Handover> waiting = new ArrayDeque<>();

  /** Blocks that the store has taken and not yet spoken of. */
  private final AtomicInteger underWay = new AtomicInteger();

  Handovers(
      PrefixSharing sharing,
      SlotBlocks slots,
      SlotPool pool,
      KeptNames kept,
      PrefixObserver observer,
      Runnable wake) {
    this.sharing = sharing;
    this.store = sharing.store().orElseThrow();
    this.slots = slots;
    this.pool = pool;
    this.kept = kept;
    this.observer = observer;
    this.wake = wake;
  }

  /** A sequence has ended; its first blocks are in a slot, for a while. */
  void add(String tenant, HashedTokens tokens, BlockNames names, int blocks) {
    Handover handover = new Handover(tenant, tokens, names, blocks);
    skipKept(handover);
    if (handover.next == blocks) {
      return;
    }
    if (waiting.size() == MOST || !store.isAvailable()) {
      observer.blocksDropped(blocks - handover.next);
      return;
    }
    waiting.addLast(handover);
  }

  /** Whether there is something to copy out now. */
  boolean canAdvance() {
    return !waiting.isEmpty() && (store.hasRoom(blockBytes()) || !store.isAvailable());
  }

  /** Whether all of it has ended. */
  boolean isEmpty() {
    return waiting.isEmpty() && underWay.get() == 0;
  }

  /** Copies out as much as may be between two steps. */
  void advance() {
    int budget = Math.max(sharing.stepBytes(), blockBytes());
    while (budget >= blockBytes() && canAdvance()) {
      Handover first = waiting.getFirst();
      skipKept(first);
      if (first.next == first.blocks) {
        waiting.removeFirst();
        continue;
      }
      int end = (first.next + 1) * sharing.blockTokens();
      OptionalInt slot = store.isAvailable() ? pool.holder(first.tokens, end) : OptionalInt.empty();
      if (slot.isEmpty()) {
        observer.blocksDropped(first.blocks - first.next);
        waiting.removeFirst();
        continue;
      }
      handOver(first, slot.getAsInt());
      budget -= blockBytes();
    }
  }

  private void handOver(Handover handover, int slot) {
    int from = handover.next * sharing.blockTokens();
    BlockName name = handover.names.get(handover.next++);
    byte[] block = new byte[blockBytes()];
    int tokens = sharing.blockTokens();
    MemorySegment memory = MemorySegment.ofArray(block);
    slots.read(slot, from, tokens, KvBlock.content(memory));
    KvBlock.seal(memory, name, tokens);
    kept.add(name);
    underWay.incrementAndGet();
    var unused =
        store
            .store(handover.tenant, name, block)
            .whenComplete(
                (done, failure) -> {
                  boolean stored = failure == null && done;
                  if (!stored) {
                    kept.remove(name);
                  }
                  underWay.decrementAndGet();
                  observer.blockHandedOver(stored, block.length);
                  wake.run();
                });
  }

  private void skipKept(Handover handover) {
    while (handover.next < handover.blocks && kept.contains(handover.names.get(handover.next))) {
      handover.next++;
    }
  }

  private int blockBytes() {
    return KvBlock.bytes(slots.bytes(sharing.blockTokens()));
  }
}
