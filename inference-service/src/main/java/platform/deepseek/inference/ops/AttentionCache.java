package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;

/** What sequences leave in fixed slots for their next tokens. */
public sealed interface AttentionCache extends AutoCloseable permits KvCache, LatentCache {

  /** Copies the first tokens of a slot. */
  void copyPrefix(int fromSlot, int toSlot, int tokens);

  /** Gives memory of tokens from {@code tokens} on back to the system. */
  void trim(int slot, int tokens);

  /**
   * What bytes of this cache mean. Kernels for other processors add up in another order, so theirs
   * are other bytes.
   */
  String layout();

  /** Bytes of so many tokens in {@link #read} and {@link #write}. */
  default long bytes(int tokens) {
    return tokens * bytesPerToken();
  }

  /**
   * Copies tokens [from, from + tokens) of a slot out, as they lie here.
   *
   * @param from a multiple of 16, as is {@code tokens}
   */
  void read(int slot, int from, int tokens, MemorySegment target);

  /** The opposite of {@link #read}. */
  void write(int slot, int from, int tokens, MemorySegment source);

  /** Bytes that one token takes in all layers. */
  long bytesPerToken();

  /** Bytes of the pages behind so many tokens of a slot. */
  long pagedBytes(int tokens);

  @Override
  void close();
}
