package platform.deepseek.inference.runner;

import java.util.Optional;
import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.engine.ModelRunner;
import platform.deepseek.inference.engine.PendingStep;
import platform.deepseek.inference.engine.Step;

/** A runner that outlives the engine it is given to: loading it takes longer than most tests. */
public record Borrowed(ModelRunner runner) implements ModelRunner {

  @Override
  public int vocabularySize() {
    return runner.vocabularySize();
  }

  @Override
  public int contextLength() {
    return runner.contextLength();
  }

  @Override
  public int slots() {
    return runner.slots();
  }

  @Override
  public int embeddingLength() {
    return runner.embeddingLength();
  }

  @Override
  public int stepsAhead() {
    return runner.stepsAhead();
  }

  @Override
  public int draftTokens() {
    return runner.draftTokens();
  }

  @Override
  public PendingStep start(Step step) {
    return runner.start(step);
  }

  @Override
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {
    runner.copyPrefix(fromSlot, toSlot, tokens);
  }

  @Override
  public void trim(int slot, int tokens) {
    runner.trim(slot, tokens);
  }

  @Override
  public Optional<KvMemory> kvMemory() {
    return runner.kvMemory();
  }

  @Override
  public void close() {
    // The owner closes it.
  }
}
