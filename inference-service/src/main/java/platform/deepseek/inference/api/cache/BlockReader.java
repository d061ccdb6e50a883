package platform.deepseek.inference.api.cache;

import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import platform.deepseek.inference.api.json.Unintelligible;

/**
 * Takes blocks apart that come one after the other, each as its length (4 bytes, big-endian) and
 * its bytes, in pieces cut anywhere. A byte is copied once, to where it stays.
 */
final class BlockReader {

  private final int blockBytes;
  private final Consumer<byte[]> receiver;
  private int lengthBytes;
  private int length;
  private byte[] block;
  private int filled;

  /**
   * @param blockBytes of every block
   */
  BlockReader(int blockBytes, Consumer<byte[]> receiver) {
    this.blockBytes = blockBytes;
    this.receiver = receiver;
  }

  /**
   * @throws Unintelligible a block has another length
   */
  void take(Buffer piece) {
    int at = 0;
    while (at < piece.length()) {
      if (block == null) {
        length = length << Byte.SIZE | piece.getUnsignedByte(at++);
        if (++lengthBytes == Integer.BYTES) {
          begin();
        }
      } else {
        int count = Math.min(piece.length() - at, blockBytes - filled);
        piece.getBytes(at, at + count, block, filled);
        at += count;
        filled += count;
        if (filled == blockBytes) {
          byte[] whole = block;
          block = null;
          receiver.accept(whole);
        }
      }
    }
  }

  private void begin() {
    if (length != blockBytes) {
      throw new Unintelligible("a block of %d bytes, not %d".formatted(length, blockBytes));
    }
    block = new byte[blockBytes];
    filled = 0;
    length = 0;
    lengthBytes = 0;
  }

  /** Whether nothing of a next block has come. */
  boolean isBetweenBlocks() {
    return block == null && lengthBytes == 0;
  }
}
