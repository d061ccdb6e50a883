package platform.deepseek.auth.audit;

import java.util.List;
import platform.deepseek.auth.crypto.Digest;

/** The hash of a list as RFC 6962 section 2.1 defines it: leaves and nodes can be told apart. */
final class MerkleTree {

  private static final byte[] LEAF = {0};
  private static final byte[] NODE = {1};

  private MerkleTree() {}

  static byte[] root(Digest digest, List<byte[]> leaves) {
    return switch (leaves.size()) {
      case 0 -> digest.of();
      case 1 -> digest.of(LEAF, leaves.getFirst());
      default -> {
        int left = Integer.highestOneBit(leaves.size() - 1);
        yield digest.of(
            NODE,
            root(digest, leaves.subList(0, left)),
            root(digest, leaves.subList(left, leaves.size())));
      }
    };
  }
}
