package platform.deepseek.inference.engine;

import java.time.Duration;

/**
 * How many tokens a step may have so that it takes about as long as wanted.
 *
 * <p>While streams run, each waits for the prompts of others as long as a step takes. How long that
 * is depends on model and device, so it is measured: time = base + slope * tokens, fitted to the
 * steps so far with weights that fall off exponentially. The averages forget with every step. The
 * slope forgets only as much as a step tells about it: steps of one batch size, all alike, say
 * nothing of what a prompt's tokens cost, and an hour of them must not wash out what is known.
 *
 * <p>Where nothing is known yet, or times do not grow with tokens, a step is as large as
 * configured.
 */
final class StepBudget {

  /**
   * Prompt tokens that a step may always have: fewer would read all weights for hardly any
   * progress, and a target that no step can meet would stop prompts altogether.
   */
  static final int FEWEST_PROMPT_TOKENS = 32;

  /**
   * How much longer than without prompts a step may take: a stream that has a token every 4 ms
   * notices 25, one that has a token every 20 does not.
   */
  private static final double LONGEST_AGAINST_STREAMS_ALONE = 2.5;

  /**
   * How long a step may take whatever streams take alone: a hundred tokens a second are more than
   * anybody reads. Without it prompts starve where streams alone are fast: the fewer prompts get
   * done, the fewer streams there are, and the less time that leaves for prompts.
   */
  private static final double UNNOTICED_NANOS = 8_000_000;

  /** Weight of the newest step. */
  private static final double LEARNING = 0.1;

  private final int most;
  private final double target;
  private boolean measured;
  private double meanTokens;
  private double meanNanos;
  private double variance;
  private double covariance;

  /**
   * @param most tokens of any step
   * @param target how long a step may take while streams run, and less where streams alone take
   *     little; zero: as long as it likes
   */
  StepBudget(int most, Duration target) {
    this.most = most;
    this.target = target.toNanos();
  }

  /** A step with so many tokens took so long. */
  void measured(int tokens, Duration duration) {
    if (!measured) {
      measured = true;
      meanTokens = tokens;
      meanNanos = duration.toNanos();
      return;
    }
    double moreTokens = tokens - meanTokens;
    double moreNanos = duration.toNanos() - meanNanos;
    double told = moreTokens * moreTokens;
    if (told > 0) {
      double weight = variance == 0 ? 1 : LEARNING * told / (told + variance);
      variance += weight * (told - variance);
      covariance += weight * (moreTokens * moreNanos - covariance);
    }
    meanTokens += LEARNING * moreTokens;
    meanNanos += LEARNING * moreNanos;
  }

  /**
   * Tokens of the next step at most, of which so many are those of running streams. Who waits for a
   * first token counts as much as who waits for a next one: where as many could start as run, a
   * step may take twice as long, so that a crowd that comes at once does not wait for the streams
   * of its own first members. In a steady flow hardly anybody waits, and nothing changes.
   *
   * @param waiting sequences that could start now, if their prompts were computed
   */
  int tokens(int streams, int waiting) {
    if (target == 0 || streams == 0 || covariance <= 0) {
      return most;
    }
    double slope = covariance / variance;
    double alone = meanNanos + (streams - meanTokens) * slope;
    double bearable = Math.max(UNNOTICED_NANOS, LONGEST_AGAINST_STREAMS_ALONE * alone);
    double shared = bearable * (streams + waiting) / streams;
    double wanted = alone > 0 ? Math.min(target, shared) : target;
    double fitting = meanTokens + (wanted - meanNanos) / slope;
    int fewest = Math.min(most, streams + FEWEST_PROMPT_TOKENS);
    return (int) Math.clamp(fitting, fewest, most);
  }
}
