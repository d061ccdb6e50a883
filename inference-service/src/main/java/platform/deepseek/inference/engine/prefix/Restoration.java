package platform.deepseek.inference.engine.prefix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/**
 * A prefix on its way from the store: first the question how much of it is there, then its blocks.
 * Sequences that begin alike wait for the same one.
 *
 * <p>It moves on by itself on the store's threads and ends exactly once; what has come until then
 * does not change any more. The loop thread looks at it between steps.
 *
 * <p>What comes lies outside of the heap, in one piece: 91 MB of arrays for 2,000 tokens cost the
 * collector pauses of 90 ms in all.
 */
public final class Restoration {

  private static final System.Logger LOG = System.getLogger(Restoration.class.getName());

  private final Restorations all;
  private final String tenant;
  private final List<BlockName> names;
  private final int from;
  private final long begun;

  /** Sequences that wait for it or still have to take it; the loop thread's. */
  private int holders;

  private PrefixStore.Transfer transfer;
  private volatile long fetchBegun;
  private boolean damaged;
  private volatile boolean ended;

  /** What comes; there from the fetch on, until the last holder has let go. */
  private Arena arena;

  private MemorySegment staging;
  private long filled;

  /** Blocks that have come and are whole. */
  private int came;

  /**
   * @param names of the blocks from {@code from} on
   */
  Restoration(Restorations all, String tenant, int from, List<BlockName> names) {
    this.all = all;
    this.tenant = tenant;
    this.from = from;
    this.names = names;
    this.begun = all.now();
  }

  /** Whether what comes is there; what did not come has to be computed. */
  public boolean isEnded() {
    return ended;
  }

  // ---- the loop thread

  void hold() {
    holders++;
  }

  /** One holder fewer; true when it was the last. */
  boolean letGo() {
    if (--holders > 0) {
      return false;
    }
    end(RestorationOutcome.ABANDONED);
    synchronized (this) {
      if (arena != null) {
        arena.close();
      }
    }
    return true;
  }

  int holders() {
    return holders;
  }

  int wanted() {
    return names.size();
  }

  /** Whether a sequence that lacks its blocks from {@code block} on can have them from here. */
  boolean brings(String asker, BlockNames own, int block) {
    int at = block - from;
    return tenant.equals(asker)
        && at >= 0
        && at < names.size()
        && (!ended || at < came)
        && names.get(at).equals(own.get(block));
  }

  /** How many leading blocks a sequence with {@code limit} full ones has with what came. */
  int end(BlockNames own, int limit) {
    int end = from;
    while (ended
        && end < limit
        && end - from < came
        && names.get(end - from).equals(own.get(end))) {
      end++;
    }
    return end;
  }

  /** The first block that it brings. */
  int from() {
    return from;
  }

  /** Until it is let go. */
  MemorySegment block(int block) {
    return staged(block - from);
  }

  private MemorySegment staged(int number) {
    return staging.asSlice((long) number * all.blockBytes(), all.blockBytes());
  }

  // ---- the store's threads

  void ask() {
    orEnd(
        () -> {
          var unused =
              all.store()
                  .lookup(tenant, names)
                  .whenComplete(
                      (known, failure) -> {
                        if (failure == null) {
                          orEnd(() -> answered(known));
                        } else {
                          end(RestorationOutcome.UNANSWERED);
                        }
                      });
        });
  }

  /**
   * A fault on the way, such as no memory for what would come, must not keep sequences waiting: a
   * future would swallow it.
   */
  private void orEnd(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error fault) {
      LOG.log(System.Logger.Level.WARNING, "a prefix is computed, not fetched", fault);
      end(RestorationOutcome.FAILED);
    }
  }

  private void answered(int known) {
    all.rates().asked(Duration.ofNanos(all.now() - begun));
    int there = Math.clamp(known, 0, names.size());
    all.kept().learn(names, there);
    if (there == 0) {
      end(RestorationOutcome.UNKNOWN);
    } else if (!all.isWorthFetching(there)) {
      end(RestorationOutcome.SLOWER);
    } else {
      fetch(names.subList(0, there));
    }
  }

  private void fetch(List<BlockName> there) {
    synchronized (this) {
      if (ended) {
        return;
      }
      arena = Arena.ofShared();
      staging = all.staging(arena, there.size());
    }
    fetchBegun = all.now();
    PrefixStore.Transfer started =
        all.store()
            .fetch(
                tenant,
                there,
                all.blockBytes(),
                all.patience(there.size()),
                piece -> received(there, piece));
    boolean tooLate;
    synchronized (this) {
      transfer = started;
      tooLate = ended;
    }
    if (tooLate) {
      cancel(started);
    }
    var unused =
        started.end().whenComplete((done, failure) -> orEnd(() -> fetched(there, failure == null)));
  }

  private void received(List<BlockName> there, ByteBuffer piece) {
    synchronized (this) {
      MemorySegment bytes = MemorySegment.ofBuffer(piece);
      // Until the end, and not beyond it: nobody closes the arena while this is going on.
      if (ended || damaged || filled + bytes.byteSize() > staging.byteSize()) {
        return;
      }
      staging.asSlice(filled).copyFrom(bytes);
      filled += bytes.byteSize();
      while (!damaged && filled >= (came + 1L) * all.blockBytes()) {
        damaged = !all.isWhole(staged(came), there.get(came));
        came += damaged ? 0 : 1;
      }
      if (!damaged) {
        return;
      }
    }
    fetched(there, true);
  }

  /**
   * @param isAll whether what did not come is not there, or not whole
   */
  private void fetched(List<BlockName> there, boolean isAll) {
    int whole;
    RestorationOutcome outcome;
    synchronized (this) {
      whole = came;
      outcome =
          damaged
              ? RestorationOutcome.DAMAGED
              : whole == there.size()
                  ? RestorationOutcome.RESTORED
                  : whole > 0 ? RestorationOutcome.PARTIAL : RestorationOutcome.FAILED;
    }
    if (isAll) {
      all.kept().learn(there, whole); // so that it is handed over when it has been computed
    }
    all.rates().fetched((long) whole * all.blockBytes(), Duration.ofNanos(all.now() - fetchBegun));
    end(outcome);
  }

  private void end(RestorationOutcome outcome) {
    PrefixStore.Transfer running;
    int whole;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      running = transfer;
      whole = came;
    }
    if (running != null) {
      cancel(running);
    }
    all.ended(outcome, whole, Duration.ofNanos(all.now() - begun));
  }

  /** Sequences wait for the end, and for nothing of what becomes of the transfer. */
  private static void cancel(PrefixStore.Transfer transfer) {
    try {
      transfer.cancel();
    } catch (RuntimeException failure) {
      LOG.log(System.Logger.Level.WARNING, "a transfer of blocks cannot be ended", failure);
    }
  }
}
