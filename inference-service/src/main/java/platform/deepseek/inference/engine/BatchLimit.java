package platform.deepseek.inference.engine;

/**
 * How many sequences may run: as many as configured, until the device runs out of memory. Then it
 * is a quarter of those that ran, and grows back slowly, because what else takes the device's
 * memory seldom goes away at once, and each new try costs the work of a step.
 */
final class BatchLimit {
  private static final int QUARTER = 4;

  /** Steps in a row that must end well before it grows, by a quarter. */
  static final int QUIET_STEPS = 64;

  private final int most;
  private int current;
  private int quiet;

  BatchLimit(int most) {
    this.most = most;
    this.current = most;
  }

  int current() {
    return current;
  }

  /** Memory ran out with so many sequences running. */
  void lower(int running) {
    current = Math.max(1, Math.min(current, running) / QUARTER);
    quiet = 0;
  }

  /** A step ended well. */
  void stepEnded() {
    if (current < most && ++quiet == QUIET_STEPS) {
      current = Math.min(most, current + Math.max(1, current / QUARTER));
      quiet = 0;
    }
  }
}
