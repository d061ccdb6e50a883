package platform.deepseek.cache.stream;

import java.util.Arrays;

/** A part of a live stream on its way to other replicas. */
record Batch(Kind kind, byte[] bytes) {

  /** Their order is the number that they are sent with. */
  enum Kind {
    CHUNKS,
    DONE,
    LOST,
    ABANDONED
  }

  /** Whether another one can be sent in the same message. */
  boolean joins(Batch later) {
    return kind == Kind.CHUNKS && later.kind == Kind.CHUNKS;
  }

  Batch with(Batch later) {
    byte[] both = Arrays.copyOf(bytes, bytes.length + later.bytes.length);
    System.arraycopy(later.bytes, 0, both, bytes.length, later.bytes.length);
    return new Batch(kind, both);
  }

  boolean isEnd() {
    return kind != Kind.CHUNKS;
  }
}
