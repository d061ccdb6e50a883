package platform.deepseek.inference.engine.prefix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Prefixes on their way from the store into slots. Each is fetched once, however many sequences
 * begin with it, and all together take a bounded part of the host's memory until they are in a
 * slot. The loop thread's but where noted.
 */
public final class Restorations {

  /** What a transfer may take while nobody knows how long computing takes. */
  private static final Duration UNKNOWN_PATIENCE = Duration.ofSeconds(15);

  /** The least that a transfer may take: a moment of another program is no reason to give up. */
  private static final Duration LEAST_PATIENCE = Duration.ofMillis(100);

  private final PrefixSharing sharing;
  private final PrefixStore store;
  private final SlotBlocks slots;
  private final TransferRates rates;
  private final KeptNames kept;
  private final PrefixObserver observer;
  private final LongSupplier clock;
  private final Runnable wake;
  private final List<Restoration> current = new ArrayList<>();
  private long staged;

  Restorations(
      PrefixSharing sharing,
      SlotBlocks slots,
      TransferRates rates,
      KeptNames kept,
      PrefixObserver observer,
      LongSupplier clock,
      Runnable wake) {
    this.sharing = sharing;
    this.store = sharing.store().orElseThrow();
    this.slots = slots;
    this.rates = rates;
    this.kept = kept;
    this.observer = observer;
    this.clock = clock;
    this.wake = wake;
  }

  /**
   * Asks for blocks [from, to) of a sequence, or joins who asked for them already. Empty when there
   * is nothing to wait for; else it is held until {@link #release}.
   */
  Optional<Restoration> ask(String tenant, BlockNames names, int from, int to) {
    for (Restoration other : current) {
      if (other.brings(tenant, names, from)) {
        other.hold();
        return Optional.of(other);
      }
    }
    if (from >= to || !store.isAvailable()) {
      return Optional.empty();
    }
    int room = (int) Math.min(to - from, (sharing.stagingBytes() - staged) / blockBytes());
    if (room == 0) {
      observer.prefixAsked(RestorationOutcome.CROWDED, 0, 0, Duration.ZERO);
      return Optional.empty();
    }
    if (!isWorthFetching(room)) {
      observer.prefixAsked(RestorationOutcome.SLOWER, 0, 0, Duration.ZERO);
      return Optional.empty();
    }
    Restoration restoration = new Restoration(this, tenant, from, names.range(from, from + room));
    restoration.hold();
    staged += (long) room * blockBytes();
    current.add(restoration);
    restoration.ask();
    return Optional.of(restoration);
  }

  /** Writes blocks [from, to) of what came into a slot. */
  void write(Restoration restoration, int from, int to, int slot) {
    for (int block = Math.max(from, restoration.from()); block < to; block++) {
      MemorySegment content = KvBlock.content(restoration.block(block));
      slots.write(slot, block * sharing.blockTokens(), sharing.blockTokens(), content);
    }
  }

  /** A sequence does not need it any more. */
  void release(Restoration restoration) {
    if (restoration.letGo()) {
      current.remove(restoration);
      staged -= (long) restoration.wanted() * blockBytes();
    }
  }

  /** Throws IllegalStateException when the books do not agree. */
  void checkIntegrity() {
    long bytes = current.stream().mapToLong(one -> (long) one.wanted() * blockBytes()).sum();
    if (bytes != staged || current.stream().anyMatch(one -> one.holders() < 1)) {
      throw new IllegalStateException(
          "%d restorations of %d bytes, %d booked".formatted(current.size(), bytes, staged));
    }
  }

  /** Those that somebody holds. */
  int size() {
    return current.size();
  }

  // ---- for restorations, on any thread

  PrefixStore store() {
    return store;
  }

  TransferRates rates() {
    return rates;
  }

  KeptNames kept() {
    return kept;
  }

  long now() {
    return clock.getAsLong();
  }

  int blockBytes() {
    return KvBlock.bytes(slots.bytes(sharing.blockTokens()));
  }

  boolean isWorthFetching(int blocks) {
    return rates.isWorthFetching(blocks * sharing.blockTokens(), (long) blocks * blockBytes());
  }

  MemorySegment staging(Arena arena, int blocks) {
    return slots.staging(arena, (long) blocks * blockBytes());
  }

  boolean isWhole(MemorySegment block, BlockName name) {
    int tokens = sharing.blockTokens();
    return KvBlock.isWhole(block, name, tokens, slots.bytes(tokens));
  }

  /** What takes longer than computing is not waited for. */
  Duration patience(int blocks) {
    Duration computing = rates.computing(blocks * sharing.blockTokens()).orElse(UNKNOWN_PATIENCE);
    return computing.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : computing;
  }

  void ended(RestorationOutcome outcome, int blocks, Duration took) {
    try {
      observer.prefixAsked(
          outcome, blocks * sharing.blockTokens(), (long) blocks * blockBytes(), took);
    } finally {
      wake.run();
    }
  }
}
