package platform.deepseek.inference.engine;

import platform.deepseek.inference.sampling.Sample;

/** What a step meant for one sequence: decided by the scheduler, told by the sequence's stream. */
sealed interface Progress {

  Sequence sequence();

  /** The whole prompt is computed for the first time: scores are complete. */
  record PromptDone(Sequence sequence) implements Progress {}

  record Generated(Sequence sequence, Sample sample) implements Progress {}

  record Ended(Sequence sequence, FinishReason reason) implements Progress {}

  record Broken(Sequence sequence, EngineError error) implements Progress {}
}
