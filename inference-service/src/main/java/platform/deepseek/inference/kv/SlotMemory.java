package platform.deepseek.inference.kv;

/** The memory behind the slots, as far as the pool commands it. */
public interface SlotMemory {

  /** Copies the keys and values of tokens [0, tokens) from one slot to another. */
  void copyPrefix(int fromSlot, int toSlot, int tokens);

  /** Tokens from {@code tokens} on are not needed any more. */
  void trim(int slot, int tokens);
}
