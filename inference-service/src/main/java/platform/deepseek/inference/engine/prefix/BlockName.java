package platform.deepseek.inference.engine.prefix;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** The name of a block outside of this process: a SHA-256, 32 bytes. */
public record BlockName(long first, long second, long third, long fourth) {

  public static final int BYTES = 32;

  static BlockName of(byte[] digest) {
    var words = ByteBuffer.wrap(digest);
    return new BlockName(words.getLong(), words.getLong(), words.getLong(), words.getLong());
  }

  public byte[] bytes() {
    return ByteBuffer.allocate(BYTES)
        .putLong(first)
        .putLong(second)
        .putLong(third)
        .putLong(fourth)
        .array();
  }

  /** 64 hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes());
  }
}
