package platform.deepseek.inference.engine.prefix;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import platform.deepseek.inference.kv.HashedTokens;
import platform.deepseek.inference.kv.SlotPool;

/**
 * An engine's prefixes beyond its own memory: asked for when a sequence arrives, put into its slot
 * when it starts, handed over when it has ended.
 *
 * <p>The loop thread never waits for the store. A sequence whose prefix is on its way is passed by
 * until it is there or given up, which the store's patience bounds; what came is bytes in memory,
 * which a copy makes the content of a slot. From there on it is a prefix like one of the pool's:
 * the bytes are those that computing would bring, so the answer is the same bit for bit.
 */
public final class SharedPrefixes {

  private final PrefixSharing sharing;
  private final SlotPool pool;
  private final String origin;
  private final TransferRates rates = new TransferRates();
  private final Restorations restorations;
  private final Handovers handovers;
  private final PrefixObserver observer;

  /**
   * @param wake called on any thread when there is news
   */
  public SharedPrefixes(
      PrefixSharing sharing,
      SlotBlocks slots,
      SlotPool pool,
      PrefixObserver observer,
      LongSupplier clock,
      Runnable wake) {
    if (sharing.blockTokens() % pool.config().blockTokens() != 0) {
      throw new IllegalArgumentException(
          "blocks of %d tokens are shared, the pool's have %d: no multiple"
              .formatted(sharing.blockTokens(), pool.config().blockTokens()));
    }
    this.sharing = sharing;
    this.pool = pool;
    this.origin = sharing.model() + "\n" + slots.layout();
    this.observer = observer;
    var kept = new KeptNames();
    this.restorations = new Restorations(sharing, slots, rates, kept, observer, clock, wake);
    this.handovers = new Handovers(sharing, slots, pool, kept, observer, wake);
  }

  /**
   * A sequence has arrived. What the pool lacks of its prefix is asked for.
   *
   * @param reusable leading tokens that need not be computed
   */
  public SharedPrefix arrived(String tenant, HashedTokens tokens, int reusable) {
    SharedPrefix prefix =
        new SharedPrefix(tenant, tokens, new BlockNames(origin, tokens, sharing.blockTokens()));
    int to = reusable / sharing.blockTokens();
    int from = to == 0 ? 0 : pool.held(tokens, reusable) / sharing.blockTokens();
    if (from < to) {
      prefix.restoration = restorations.ask(tenant, prefix.names, from, to).orElse(null);
    }
    return prefix;
  }

  /** How many leading tokens, {@code reusable} at most, can be put into a slot for it. */
  public int available(SharedPrefix prefix, int reusable) {
    if (prefix.restoration == null) {
      return 0;
    }
    int blocks = prefix.restoration.end(prefix.names, reusable / sharing.blockTokens());
    return blocks * sharing.blockTokens();
  }

  /**
   * Puts what came into the slot of a sequence that starts, after {@code held} tokens that are
   * there already, and lets go of it.
   *
   * @return tokens that are in the slot now
   */
  public int start(SharedPrefix prefix, int slot, int held, int reusable) {
    int tokens = available(prefix, reusable);
    int first = held / sharing.blockTokens();
    Optional<Restoration> came = Optional.ofNullable(prefix.restoration);
    // What came begins where the pool ended when it was asked for; that may be gone since.
    boolean joins = came.isPresent() && came.get().from() * sharing.blockTokens() <= held;
    if (tokens <= held || !joins) {
      letGo(prefix);
      return held;
    }
    restorations.write(came.get(), first, tokens / sharing.blockTokens(), slot);
    letGo(prefix);
    observer.prefixRestored(tokens - held);
    return tokens;
  }

  /** A sequence does not want its prefix any more. */
  public void letGo(SharedPrefix prefix) {
    if (prefix.restoration != null) {
      restorations.release(prefix.restoration);
      prefix.restoration = null;
    }
  }

  /** A sequence has ended with so many tokens computed, which the pool has as a prefix. */
  public void ended(SharedPrefix prefix, int computed) {
    handovers.add(prefix.tenant, prefix.tokens, prefix.names, computed / sharing.blockTokens());
  }

  /** A step with so many tokens took so long. */
  public void computed(int tokens, Duration duration) {
    rates.computed(tokens, duration);
  }

  /** Between two steps: copies out what may be copied out. */
  public void advance() {
    handovers.advance();
  }

  /** Whether {@link #advance} has something to do now. */
  public boolean canAdvance() {
    return handovers.canAdvance();
  }

  /** Whether all that has ended was handed over or dropped. */
  public boolean isIdle() {
    return handovers.isEmpty();
  }

  /** Throws IllegalStateException when the books do not agree. */
  public void checkIntegrity() {
    restorations.checkIntegrity();
  }

  /** Prefixes on their way that somebody waits for. */
  public int underWay() {
    return restorations.size();
  }
}
