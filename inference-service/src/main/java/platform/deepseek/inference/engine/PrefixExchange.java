package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import platform.deepseek.inference.engine.prefix.PrefixObserver;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.engine.prefix.SharedPrefixes;
import platform.deepseek.inference.engine.prefix.SlotBlocks;
import platform.deepseek.inference.kv.Placement;
import platform.deepseek.inference.kv.PoolConfig;
import platform.deepseek.inference.kv.SlotPool;

/**
 * What {@link SharedPrefixes} are to sequences; nothing at all where none are shared. The loop
 * thread's.
 */
final class PrefixExchange {

  private static final System.Logger LOG = System.getLogger(PrefixExchange.class.getName());

  private final PoolConfig slots;
  private final Optional<SharedPrefixes> prefixes;

  private PrefixExchange(PoolConfig slots, Optional<SharedPrefixes> prefixes) {
    this.slots = slots;
    this.prefixes = prefixes;
  }

  /**
   * @param wake called on any thread when there is news
   */
  static PrefixExchange of(
      PrefixSharing sharing,
      ModelRunner runner,
      SlotPool pool,
      PrefixObserver observer,
      LongSupplier clock,
      Runnable wake) {
    if (sharing.store().isEmpty() || !pool.config().prefixReuse()) {
      return new PrefixExchange(pool.config(), Optional.empty());
    }
    Optional<SlotBlocks> slots = runner.slotBlocks();
    if (slots.isEmpty()) {
      LOG.log(
          System.Logger.Level.INFO,
          "prefixes are not shared: the host cannot copy keys and values of this device");
    }
    return new PrefixExchange(
        pool.config(),
        slots.map(blocks -> new SharedPrefixes(sharing, blocks, pool, observer, clock, wake)));
  }

  void arrived(Sequence sequence) {
    prefixes.ifPresent(
        shared ->
            sequence.share(
                shared.arrived(
                    sequence.request().share().tenant(), sequence.tokens(), sequence.reusable())));
  }

  /** Whether a waiting sequence may start: its prefix is there, or nothing is to be waited for. */
  boolean isReady(Sequence sequence) {
    return sequence.prefix() == null || sequence.prefix().isReady();
  }

  /**
   * Whether the {@code next} step, or one under way, computes blocks that the sequence begins with
   * too and that nobody has yet. When it has ended they are found, so a prompt that many requests
   * share is computed once; it waits one step for each chunk of it at most, and so do those behind
   * it.
   */
  boolean worthWaiting(
      Sequence sequence, Placement now, StepsUnderWay underWay, List<Step.Entry> next) {
    if (!slots.prefixReuse()) {
      return false;
    }
    int reusable = Math.min(sequence.reusable(), sequence.known() - 1);
    return underWay.willHave(sequence, reusable, next) - willHave(sequence, now)
        >= slots.blockTokens();
  }

  /** Leading tokens that a sequence has when it starts with this placement. */
  private int willHave(Sequence sequence, Placement placement) {
    return prefixes
        .filter(shared -> sequence.prefix() != null)
        .map(shared -> shared.available(sequence.prefix(), sequence.reusable()))
        .filter(tokens -> tokens > placement.reused())
        .orElse(placement.reused());
  }

  /**
   * Puts what came for a sequence into the slot that it got.
   *
   * @return tokens that are in the slot now
   */
  int start(Sequence sequence, Placement placement) {
    if (prefixes.isEmpty() || sequence.prefix() == null) {
      return placement.reused();
    }
    try {
      return prefixes
          .get()
          .start(sequence.prefix(), placement.slot(), placement.reused(), sequence.reusable());
    } catch (DeviceLostException lost) {
      throw lost;
    } catch (RuntimeException failure) {
      LOG.log(System.Logger.Level.WARNING, "a restored prefix is computed instead", failure);
      prefixes.get().letGo(sequence.prefix());
      return placement.reused();
    }
  }

  /** A sequence has left its slot, whose content is right. */
  void left(Sequence sequence) {
    if (sequence.prefix() != null && !sequence.wantsEmbedding()) {
      prefixes.ifPresent(shared -> shared.ended(sequence.prefix(), sequence.computed()));
    }
  }

  /** A sequence has ended, wherever it was. */
  void ended(Sequence sequence) {
    if (sequence.prefix() != null) {
      prefixes.ifPresent(shared -> shared.letGo(sequence.prefix()));
    }
  }

  void computed(int tokens, Duration duration) {
    prefixes.ifPresent(shared -> shared.computed(tokens, duration));
  }

  /** Hands over as much as may be between two steps. */
  void advance() {
    try {
      prefixes.ifPresent(SharedPrefixes::advance);
    } catch (DeviceLostException lost) {
      throw lost;
    } catch (RuntimeException failure) {
      LOG.log(System.Logger.Level.WARNING, "a block is not handed over", failure);
    }
  }

  boolean canAdvance() {
    return prefixes.isPresent() && prefixes.get().canAdvance();
  }

  /** Whether nothing is left to be handed over. */
  boolean isIdle() {
    return prefixes.isEmpty() || prefixes.get().isIdle();
  }

  void checkIntegrity(boolean withSequences) {
    prefixes.ifPresent(SharedPrefixes::checkIntegrity);
    if (!withSequences && prefixes.isPresent() && prefixes.get().underWay() > 0) {
      throw new IllegalStateException(
          "%d prefixes are on their way and nobody waits".formatted(prefixes.get().underWay()));
    }
  }
}
