package platform.deepseek.inference.engine.prefix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The keys and values of slots as bytes, for runners whose memory the host can read and write. */
public interface SlotBlocks {

  /** What the bytes mean: where it differs, so do they. */
  String layout();

  /** Bytes of so many tokens. */
  int bytes(int tokens);

  /** Memory of the arena for what comes in and is soon given to {@link #write}. */
  MemorySegment staging(Arena arena, long bytes);

  /** Copies tokens [from, from + tokens) of a slot into {@code target}, which has their length. */
  void read(int slot, int from, int tokens, MemorySegment target);

  /** The opposite of {@link #read}. */
  void write(int slot, int from, int tokens, MemorySegment source);
}
