package platform.deepseek.inference.sampling;

/**
 * What may be done for a constraint before others have their turn, in units of some ten
 * nanoseconds: a node of the vocabulary that is looked at is one. It is counted and not measured,
 * so that the same request takes the same steps on every machine.
 */
public final class Work {

  private long left;

  public Work(long units) {
    left = units;
  }

  /** For who has nobody waiting. */
  public static Work unlimited() {
    return new Work(Long.MAX_VALUE);
  }

  /** What is begun may be ended, so more may be spent than is left. */
  public void spend(long units) {
    left -= units;
  }

  public boolean isSpent() {
    return left <= 0;
  }

  /** Below zero where more was spent. */
  public long left() {
    return left;
  }
}
