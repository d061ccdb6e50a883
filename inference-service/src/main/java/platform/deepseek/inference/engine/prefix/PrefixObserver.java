package platform.deepseek.inference.engine.prefix;

import java.time.Duration;

/** Watches prefixes come and go, for metrics. Called on any thread; must not block or throw. */
public interface PrefixObserver {

  /** A wish to have a prefix from the store has ended; so many tokens came, and so many bytes. */
  default void prefixAsked(RestorationOutcome outcome, int tokens, long bytes, Duration took) {}

  /** So many tokens of a sequence came out of the store into its slot. */
  default void prefixRestored(int tokens) {}

  /** A block was given to the store, which told whether it keeps it. */
  default void blockHandedOver(boolean kept, int bytes) {}

  /** So many blocks will not be given to the store: nobody could wait for it any longer. */
  default void blocksDropped(int blocks) {}
}
