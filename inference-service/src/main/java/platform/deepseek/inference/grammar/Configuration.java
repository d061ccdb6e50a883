package platform.deepseek.inference.grammar;

import platform.deepseek.inference.sampling.Work;

/**
 * All the ways to read the text so far, and what the next byte makes of them. Threads share it: its
 * answers are found when first asked for, each thread may find them, and all find the same.
 */
final class Configuration {

  private static final Position[] NOWHERE = {};

  private final Configurations space;
  private final Position[] positions;
  private final boolean accepting;
  private Configuration[] next;
  private volatile TokenMask mask;

  Configuration(Configurations space, Position[] positions, boolean accepting) {
    this.space = space;
    this.positions = positions.length == 0 ? NOWHERE : positions;
    this.accepting = accepting;
  }

  Configurations space() {
    return space;
  }

  /** Not to be written to. */
  Position[] positions() {
    return positions;
  }

  /** The text may end here. */
  boolean accepting() {
    return accepting;
  }

  /** No text of the grammar begins like this. */
  boolean isDead() {
    return positions.length == 0 && !accepting;
  }

  /** After one more byte, 0 to 255. */
  Configuration next(int value) {
    return next(value, Work.unlimited());
  }

  /** After one more byte, 0 to 255; what is met for the first time is spent of the work. */
  Configuration next(int value, Work work) {
    Configuration[] known = next;
    if (known == null) {
      known = new Configuration[256];
      next = known;
    }
    Configuration to = known[value];
    if (to == null) {
      to = space.next(this, value, work);
      known[value] = to;
    }
    return to;
  }

  /** The tokens that may come next, or null where nobody has found out. */
  TokenMask knownMask() {
    return mask;
  }

  /** Finds out the tokens that may come next; not to be begun where they are known. */
  MaskWalk walk() {
    return space.walk(this);
  }

  /** What a walk has found. */
  void keep(TokenMask found) {
    mask = found;
  }
}
