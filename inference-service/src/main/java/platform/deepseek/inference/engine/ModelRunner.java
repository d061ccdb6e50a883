package platform.deepseek.inference.engine;

/**
 * Runs the model: tensors live behind this interface, thought in front of it. Called by the
 * engine's one loop thread only.
 */
public interface ModelRunner extends AutoCloseable {

  /** The largest token id plus one. */
  int vocabularySize();

  /** Tokens that one slot can hold. */
  int contextLength();

  /** KV slots that exist, idle ones included. */
  int slots();

  /** Numbers of a hidden state, and so of an embedding. */
  int embeddingLength();

  /**
   * Computes keys and values for every entry's tokens and samples where an entry asks for it. Rows
   * do not depend on each other: an entry's result is the same bit for bit in any step.
   */
  StepOutput run(Step step);

  /** Copies the keys and values of tokens [0, tokens) from one slot to another. */
  void copyPrefix(int fromSlot, int toSlot, int tokens);

  /** Gives the memory of a slot's tokens from {@code tokens} on back to the system, best effort. */
  void trim(int slot, int tokens);

  @Override
  void close();
}
