package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.Optional;

/**
 * Who may wait, and for how long. A bounded queue answers an overload at once and says when to come
 * back, where an unbounded one would answer everybody too late.
 */
final class Admission {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(60);

  /** Weight of the newest interval in the moving average of intervals between starts. */
  private static final double SMOOTHING = 0.2;

  private final EngineConfig config;
  private final int longestSequence;
  private boolean measuring;
  private long latestStart;
  private double startInterval;

  Admission(EngineConfig config, int longestSequence) {
    this.config = config;
    this.longestSequence = longestSequence;
  }

  /** Why a request cannot be taken now, or empty when it may wait for its turn. */
  Optional<EngineError> objection(GenerationRequest request, int waiting, int freePlaces) {
    int prompt = request.prompt().length;
    if ((long) prompt + request.maxTokens() > longestSequence) {
      return Optional.of(EngineErrors.outOfMemory(prompt, request.maxTokens(), longestSequence));
    }
    if (waiting >= config.queueLimit() + freePlaces) {
      return Optional.of(EngineErrors.queueFull(waiting, config.queueLimit(), retryAfter(waiting)));
    }
    return Optional.empty();
  }

  /** The failure of a request that has waited too long, or empty when it may go on waiting. */
  Optional<EngineError> overdue(Duration waited, Duration startWithin, int waiting) {
    return waited.compareTo(startWithin) > 0
        ? Optional.of(EngineErrors.deadlineExceeded(waited, startWithin, retryAfter(waiting)))
        : Optional.empty();
  }

  /** A request left the queue; the interval counts only while others wait behind it. */
  void started(long now, int stillWaiting) {
    if (measuring) {
      double interval = now - latestStart;
      startInterval += (startInterval == 0 ? 1 : SMOOTHING) * (interval - startInterval);
    }
    latestStart = now;
    measuring = stillWaiting > 0;
  }

  /** When those who wait now will have started, at the measured rate; whole seconds, 1 to 60. */
  Duration retryAfter(int waiting) {
    Duration estimate = Duration.ofSeconds((long) Math.ceil(waiting * startInterval / 1e9));
    if (estimate.compareTo(SHORTEST) < 0) {
      return SHORTEST;
    }
    return estimate.compareTo(LONGEST) > 0 ? LONGEST : estimate;
  }
}
