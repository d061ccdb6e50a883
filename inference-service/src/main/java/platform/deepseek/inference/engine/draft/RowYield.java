package platform.deepseek.inference.engine.draft;

/**
 * What rows of a step bring. A step with {@code rows} rows takes about as long as {@code 1 +
 * ROW_PRICE (rows - 1)} steps of one row: part of a step is the same whatever it computes, the
 * reading of weights above all. A draft is worth its row while it brings more tokens for its time
 * than the step brings without it. So drafts that are surely right are long, those that are often
 * wrong short or none, and the more sequences run the fewer there are.
 */
public final class RowYield {

  /**
   * Of the time of a step of one row: on a processor with AVX2, where few rows bring its units to
   * capacity (the benchmark of speculation prints it).
   */
  static final double ROW_PRICE = 0.4;

  private double tokens;
  private double time;

  /**
   * @param rows of the step
   * @param tokens that it brings
   */
  public RowYield(int rows, int tokens) {
    this.tokens = tokens;
    this.time = 1 + ROW_PRICE * (rows - 1);
  }

  /**
   * How many draft tokens are worth their rows, {@code most} at most; they are part of the step
   * from here on.
   *
   * @param probability that one is right where those before it are
   */
  public int worth(double probability, int most) {
    int count = 0;
    double chance = probability;
    while (count < most && chance > price()) {
      tokens += chance;
      time += ROW_PRICE;
      chance *= probability;
      count++;
    }
    return count;
  }

  /** How likely a token must be right to be worth its row. */
  public double price() {
    return ROW_PRICE * Math.max(1, tokens / time);
  }
}
