package platform.deepseek.inference.runner;

import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.ops.AttentionCache;
import platform.deepseek.inference.ops.RaggedBatch;

/** How many tokens the slots of a cache hold, and how many they held since they were trimmed. */
final class HeldTokens {

  private final int[] held;
  private final int[] written;

  HeldTokens(int slots) {
    held = new int[slots];
    written = new int[slots];
  }

  void computed(RaggedBatch batch) {
    for (int entry = 0; entry < batch.entries(); entry++) {
      hold(batch.slots()[entry], batch.starts()[entry] + batch.counts()[entry]);
    }
  }

  /** The slot holds its first {@code tokens} tokens and no others. */
  void hold(int slot, int tokens) {
    held[slot] = tokens;
    written[slot] = Math.max(written[slot], tokens);
  }

  void trim(int slot, int tokens) {
    held[slot] = Math.min(held[slot], tokens);
    written[slot] = Math.min(written[slot], tokens);
  }

  KvMemory in(AttentionCache cache) {
    long mapped = 0;
    long used = 0;
    for (int slot = 0; slot < held.length; slot++) {
      mapped += cache.pagedBytes(written[slot]);
      used += held[slot] * cache.bytesPerToken();
    }
    return new KvMemory(mapped, used);
  }
}
