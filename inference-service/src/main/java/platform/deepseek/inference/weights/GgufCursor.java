package platform.deepseek.inference.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import platform.deepseek.inference.weights.CheckpointException.Code;

/**
 * Reads little-endian values one after the other and checks every step against the end of the file,
 * so that no length or count from the file is believed before its bytes are known to exist.
 */
final class GgufCursor {

  /**
   * The whole header of a published model takes some megabytes; a limit keeps a huge sparse file
   * from justifying a huge allocation.
   */
  private static final long LONGEST_HEADER = 1L << 28;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MappedFile file;
  private long position;

  GgufCursor(MappedFile file) {
    this.file = file;
  }

  long position() {
    return position;
  }

  int readByte() {
    return file.data().get(ValueLayout.JAVA_BYTE, advance(1, "a byte"));
  }

  short readShort() {
    return file.data().get(SHORT, advance(2, "a 16-bit number"));
  }

  int readInt() {
    return file.data().get(INT, advance(4, "a 32-bit number"));
  }

  long readLong() {
    return file.data().get(LONG, advance(8, "a 64-bit number"));
  }

  /** A 64-bit count of things that take at least {@code smallest} bytes each. */
  long readCount(long smallest, String what) {
    long at = position;
    long count = readLong();
    long room = remaining() / smallest;
    if (count < 0 || count > room) {
      throw CheckpointException.ofFile(
          Code.TRUNCATED,
          file.path(),
          at,
          "announces %s %s, the rest of the header has room for %d"
              .formatted(Long.toUnsignedString(count), what, room));
    }
    return count;
  }

  /** A length in bytes, then so many bytes of UTF-8. */
  String readString(String what) {
    long length = readCount(1, "bytes of " + what);
    long at = advance(length, what);
    if (length == 0) {
      return "";
    }
    try {
      return Utf8.decode(file.data().asSlice(at, length));
    } catch (CharacterCodingException e) {
      throw CheckpointException.ofFile(
          Code.MALFORMED, file.path(), at, what + " is not valid UTF-8", e);
    }
  }

  /** The next bytes as they lie in the file. */
  MemorySegment readBytes(long length, String what) {
    return file.data().asSlice(advance(length, what), length);
  }

  private long remaining() {
    return Math.min(file.size(), LONGEST_HEADER) - position;
  }

  private long advance(long bytes, String what) {
    long at = position;
    if (bytes > remaining()) {
      throw CheckpointException.ofFile(
          Code.TRUNCATED,
          file.path(),
          at,
          file.size() > LONGEST_HEADER
              ? "the header is longer than " + LONGEST_HEADER + " bytes"
              : "%s of %d bytes reaches past the end (%d); download the file again"
                  .formatted(what, bytes, file.size()));
    }
    position += bytes;
    return at;
  }
}
