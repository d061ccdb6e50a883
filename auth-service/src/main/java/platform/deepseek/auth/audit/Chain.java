package platform.deepseek.auth.audit;

import java.nio.charset.StandardCharsets;
import platform.deepseek.auth.crypto.Digest;

/** Each hash is made of the one before it and of the entry, so that no entry changes alone. */
final class Chain {

  private static final byte[] START = bytes("deepseek-audit/v1/partition\n");
  private static final byte[] LINK = bytes("deepseek-audit/v1/entry\n");

  private Chain() {}

  /** What the first entry of a partition is chained to. */
  static byte[] start(Digest digest, String partition) {
    return digest.of(START, bytes(partition));
  }

  static byte[] next(Digest digest, byte[] previous, String content) {
    return digest.of(LINK, previous, bytes(content));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
