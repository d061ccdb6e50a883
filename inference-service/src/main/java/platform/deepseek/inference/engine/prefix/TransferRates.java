package platform.deepseek.inference.engine.prefix;

import java.time.Duration;
import java.util.Optional;

/**
 * Whether fetching a prefix is faster than computing it, by what both were measured to take.
 *
 * <p>Exponentially weighted averages of the tokens that steps compute and of the bytes that
 * transfers bring per second, and of how long a transfer takes to begin. While one of them is not
 * known yet a prefix is fetched: that is how it gets known. Each time fetching loses, the rate of
 * transfers is taken for a little better than measured, so one bad moment is not held against it
 * for ever. Thread safe.
 */
final class TransferRates {

  /** Weight of the newest measurement. */
  private static final double LEARNING = 0.3;

  /** How much faster a transfer is believed to be after one was not worth it. */
  private static final double HOPE = 1.05;

  /** Steps of fewer tokens say little about prompts. */
  private static final int FEWEST_TOKENS = 32;

  private double tokensPerNano;
  private double bytesPerNano;
  private double startNanos;

  /** A step with so many tokens took so long. */
  synchronized void computed(int tokens, Duration duration) {
    if (tokens >= FEWEST_TOKENS && duration.isPositive()) {
      tokensPerNano = mean(tokensPerNano, (double) tokens / duration.toNanos());
    }
  }

  /** A lookup took so long. */
  synchronized void asked(Duration duration) {
    startNanos = mean(startNanos, duration.toNanos());
  }

  /** A transfer brought so many bytes in so long. */
  synchronized void fetched(long bytes, Duration duration) {
    if (bytes > 0 && duration.isPositive()) {
      bytesPerNano = mean(bytesPerNano, (double) bytes / duration.toNanos());
    }
  }

  private static double mean(double before, double now) {
    return before == 0 ? now : before + LEARNING * (now - before);
  }

  /** Whether to fetch so many tokens, which are so many bytes. */
  synchronized boolean isWorthFetching(int tokens, long bytes) {
    if (tokensPerNano == 0 || bytesPerNano == 0) {
      return true;
    }
    boolean faster = startNanos + bytes / bytesPerNano < tokens / tokensPerNano;
    if (!faster) {
      bytesPerNano *= HOPE;
    }
    return faster;
  }

  /** How long computing so many tokens takes, as far as that is known. */
  synchronized Optional<Duration> computing(int tokens) {
    return tokensPerNano == 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos((long) (tokens / tokensPerNano)));
  }
}
