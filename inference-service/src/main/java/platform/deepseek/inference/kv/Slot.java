package platform.deepseek.inference.kv;

/**
 * One contiguous row of the cache and whose tokens are in it.
 *
 * <pre>
 *   [0, computed)         keys and values of tokens, in the prefix index as far as blocks are full
 *   [computed, reserved)  room its running sequence may fill in the next steps
 *   [reserved, context)   not counted, given back
 * </pre>
 */
final class Slot {

  enum State {
    FREE,
    RUNNING,
    CACHED
  }

  final int index;
  State state = State.FREE;

  /** Null when free. */
  HashedTokens tokens;

  int computed;
  int reserved;

  /** Blocks in the prefix index. */
  int indexed;

  /** Whether memory behind {@code reserved} is still to be given back. */
  boolean owing;

  /** The pool's clock when it was last run, released or matched. */
  long lastUse;

  Slot(int index) {
    this.index = index;
  }
}
