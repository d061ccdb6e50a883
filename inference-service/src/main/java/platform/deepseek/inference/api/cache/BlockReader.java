package platform.deepseek.inference.api.cache;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import platform.deepseek.inference.api.json.Unintelligible;

/**
 * Takes blocks apart that come one after the other, each as its length (4 bytes, big-endian) and
 * its bytes, in pieces cut anywhere. Their bytes are handed on where they lie.
 */
final class BlockReader {

  private final int blockBytes;
  private final Consumer<ByteBuffer> receiver;
  private int lengthBytes;
  private int length;

  /** Bytes of the current block that are still to come. */
  private int missing;

  /**
   * @param blockBytes of every block
   */
  BlockReader(int blockBytes, Consumer<ByteBuffer> receiver) {
    this.blockBytes = blockBytes;
    this.receiver = receiver;
  }

  /**
   * @throws Unintelligible a block has another length
   */
  void take(Buffer piece) {
    int at = 0;
    while (at < piece.length()) {
      if (missing == 0) {
        length = length << Byte.SIZE | piece.getUnsignedByte(at++);
        if (++lengthBytes == Integer.BYTES) {
          begin();
        }
      } else {
        int count = Math.min(piece.length() - at, missing);
        receiver.accept(piece.getByteBuf().nioBuffer(at, count));
        at += count;
        missing -= count;
      }
    }
  }

  private void begin() {
    if (length != blockBytes) {
      throw new Unintelligible("a block of %d bytes, not %d".formatted(length, blockBytes));
    }
    missing = blockBytes;
    length = 0;
    lengthBytes = 0;
  }

  /** Whether nothing of a next block has come. */
  boolean isBetweenBlocks() {
    return missing == 0 && lengthBytes == 0;
  }
}
