package platform.deepseek.inference.engine;

import java.time.Duration;
import platform.deepseek.inference.engine.draft.DraftSource;
import platform.deepseek.inference.engine.prefix.PrefixObserver;

/**
 * Watches the engine, for metrics. Called on the loop threads but for what {@link PrefixObserver}
 * has; must not block or throw.
 */
public interface EngineObserver extends PrefixObserver {

  EngineObserver NONE = new EngineObserver() {};

  /** The first token is there (for a request that only scores its prompt: the scores). */
  default void requestStarted(Duration timeToFirstToken, int promptTokens, int cachedTokens) {}

  /** A token after the first, and the time since the one before. */
  default void tokenGenerated(Duration sincePrevious) {}

  /** A step with so many sequences computed so many tokens and brought so many new ones. */
  default void stepCompleted(int sequences, int tokens, int generated, Duration duration) {}

  /** So many tokens of a sequence that starts or resumes came from the prefix cache. */
  default void prefixHit(int tokens) {}

  default void preempted() {}

  /**
   * A step computed so many draft tokens of one source for a sequence, of which some were right.
   */
  default void drafted(DraftSource source, int tokens, int accepted) {}

  /** Ended well or cancelled. */
  default void requestFinished(FinishReason reason, Usage usage) {}

  default void requestFailed(EngineError.Code code) {}
}
