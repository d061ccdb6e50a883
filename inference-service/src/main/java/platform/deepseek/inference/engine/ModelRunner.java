package platform.deepseek.inference.engine;

import java.util.Optional;
import platform.deepseek.inference.engine.prefix.SlotBlocks;
import platform.deepseek.inference.kv.SlotMemory;

/**
 * Runs the model: tensors live behind this interface, thought in front of it. Called by the
 * engine's one loop thread only.
 */
public interface ModelRunner extends SlotMemory, AutoCloseable {

  /** The largest token id plus one. */
  int vocabularySize();

  /** Tokens that one slot can hold. */
  int contextLength();

  /** KV slots that exist, idle ones included. */
  int slots();

  /** Numbers of a hidden state, and so of an embedding. */
  int embeddingLength();

  /**
   * Steps that may be under way at once. 1: {@link #start} computes, or nothing else is started
   * before it was awaited. With 2 the device runs a step while the next one is prepared, and that
   * one has entries whose token is {@link Step.Entry#pending}.
   */
  int stepsAhead();

  /**
   * Draft tokens that one entry may have. 0 where nothing is gained by them, or where a row's
   * logits depend on the other rows of its step, so that drafts would change answers.
   */
  default int draftTokens() {
    return 0;
  }

  /**
   * Begins to compute keys and values for every entry's tokens and to sample where an entry asks
   * for it. Keys and values of a draft that turns out wrong may stay: the next step of the sequence
   * writes over them. Rows do not depend on each other: an entry's result is the same bit for bit
   * in any step.
   *
   * <p>Steps, copies and trims take effect in the order of their calls. Sequences are read during
   * the call only: when it has returned they move on, end, and leave their slots, which may be
   * given to others in the very next step.
   *
   * @throws DeviceMemoryException the device has no memory for it, as {@link PendingStep#await} may
   * @throws DeviceLostException the device is gone
   * @throws RuntimeException the step failed; nothing in its slots is trusted afterwards
   */
  PendingStep start(Step step);

  /**
   * Copies the keys and values of tokens [0, tokens) from one slot to another.
   *
   * @throws DeviceMemoryException the device has no memory for the copy
   * @throws DeviceLostException the device is gone
   */
  @Override
  void copyPrefix(int fromSlot, int toSlot, int tokens);

  /**
   * Gives the memory of a slot's tokens from {@code tokens} on back to the system, best effort.
   * Steps under way may still write there: the runner waits for them by itself.
   */
  @Override
  void trim(int slot, int tokens);

  /** What keys and values take of the device; empty where memory does not follow tokens. */
  default Optional<KvMemory> kvMemory() {
    return Optional.empty();
  }

  /** Keys and values as bytes; empty where the host cannot read and write them. */
  default Optional<SlotBlocks> slotBlocks() {
    return Optional.empty();
  }

  @Override
  void close();
}
