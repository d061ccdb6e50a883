package platform.deepseek.inference.engine;

import java.time.Duration;

/**
 * How the engine shares the machine.
 *
 * @param maxBatch sequences that run at the same time
 * @param tokensPerStep tokens one step computes at most, so that a long prompt is computed in
 *     chunks and no stream stalls for longer than one such step
 * @param queueLimit requests that may wait beyond those that can run; more fail with QUEUE_FULL
 * @param prefixReuse whether prefixes of earlier requests with the same salt are reused
 * @param blockTokens tokens of one block, the unit of memory accounting and prefix matching
 * @param kvBlocks blocks all sequences together may fill; 0 is as many as the runner's slots hold
 * @param targetStep how long a step may take while streams run: prompts come in smaller chunks
 *     then, by what steps were measured to take; zero: as long as it likes
 * @param speculation whether a step may bring several tokens of a sequence, by drafts; it changes
 *     no answer
 */
public record EngineConfig(
    int maxBatch,
    int tokensPerStep,
    int queueLimit,
    boolean prefixReuse,
    int blockTokens,
    int kvBlocks,
    Duration targetStep,
    boolean speculation) {

  /** Without a target for steps. */
  public EngineConfig(
      int maxBatch,
      int tokensPerStep,
      int queueLimit,
      boolean prefixReuse,
      int blockTokens,
      int kvBlocks) {
    this(
        maxBatch,
        tokensPerStep,
        queueLimit,
        prefixReuse,
        blockTokens,
        kvBlocks,
        Duration.ZERO,
        true);
  }

  /** With drafts. */
  public EngineConfig(
      int maxBatch,
      int tokensPerStep,
      int queueLimit,
      boolean prefixReuse,
      int blockTokens,
      int kvBlocks,
      Duration targetStep) {
    this(maxBatch, tokensPerStep, queueLimit, prefixReuse, blockTokens, kvBlocks, targetStep, true);
  }

  public EngineConfig {
    if (maxBatch < 1 || blockTokens < 1 || queueLimit < 0 || kvBlocks < 0) {
      throw new IllegalArgumentException(
          ("maxBatch %d and blockTokens %d must be at least 1, queueLimit %d and kvBlocks %d at"
                  + " least 0")
              .formatted(maxBatch, blockTokens, queueLimit, kvBlocks));
    }
    if (targetStep.isNegative()) {
      throw new IllegalArgumentException("targetStep %s is less than zero".formatted(targetStep));
    }
    if (tokensPerStep < maxBatch) {
      throw new IllegalArgumentException(
          "tokensPerStep %d is less than maxBatch %d: raise it so that every sequence can advance"
              .formatted(tokensPerStep, maxBatch));
    }
  }
}
