package platform.deepseek.inference.engine.prefix;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A block outside of the engine. Big-endian: magic "DSKV", version 1, tokens, bytes of keys and
 * values (4 each), name (32), CRC-32C of all before it and of keys and values (4), twelve zero
 * bytes; then keys and values as {@link SlotBlocks} has them, at a multiple of 64.
 *
 * <p>The checksum finds what breaks on the way and what was cut or exchanged by mistake. It proves
 * nothing against forgery: cache-service seals blocks with the tenant's key, and lets nobody in
 * without the key of the platform's services. Computed in a single instruction per eight bytes, it
 * is free beside the copy of the same bytes, also in a program that has just started, where a
 * SHA-256 runs at a hundredth of its speed.
 */
public final class KvBlock {

  static final int HEADER = 64;

  private static final int MAGIC = 0x44534B56;
  private static final int VERSION = 1;
  private static final int CHECKSUM = 16 + BlockName.BYTES;

  private KvBlock() {}

  /** Bytes of a block in this form. */
  static int bytes(int keysAndValues) {
    return Math.addExact(HEADER, keysAndValues);
  }

  /** Where keys and values of a block lie. */
  static MemorySegment content(MemorySegment block) {
    return block.asSlice(HEADER);
  }

  /** Writes the header of a block whose keys and values are there. */
  static void seal(MemorySegment block, BlockName name, int tokens) {
    ByteBuffer bytes = block.asByteBuffer();
    header(bytes, name, tokens, bytes.capacity() - HEADER);
    bytes.putInt(CHECKSUM, checksum(block));
  }

  /** Whether these are the whole keys and values of that block. */
  static boolean isWhole(MemorySegment block, BlockName name, int tokens, int keysAndValues) {
    ByteBuffer right = ByteBuffer.allocate(HEADER);
    header(right, name, tokens, keysAndValues);
    right.putInt(CHECKSUM, checksum(block));
    return right.rewind().equals(block.asSlice(0, HEADER).asByteBuffer());
  }

  private static void header(ByteBuffer block, BlockName name, int tokens, int keysAndValues) {
    block.putInt(MAGIC).putInt(VERSION).putInt(tokens).putInt(keysAndValues).put(name.bytes());
  }

  private static int checksum(MemorySegment block) {
    CRC32C checksum = new CRC32C();
    checksum.update(block.asSlice(0, CHECKSUM).asByteBuffer());
    checksum.update(content(block).asByteBuffer());
    return (int) checksum.getValue();
  }
}
