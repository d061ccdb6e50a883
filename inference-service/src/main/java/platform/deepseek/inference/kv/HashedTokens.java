package platform.deepseek.inference.kv;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The tokens of one sequence, which only grow, and the chained hashes of their full blocks.
 *
 * <p>A block's hash is SHA-256(hash of the block before, its token ids), and the chain starts with
 * the hash of the salt. So one hash names a whole prefix within one tenant, and equal text under
 * another salt shares nothing. Hashes are made when they are asked for and kept: a waiting sequence
 * asks again at every step. Not thread safe.
 */
public final class HashedTokens {
  private final String salt;
  private final int blockTokens;
  private final MessageDigest digest = sha256();
  private final List<BlockHash> hashes = new ArrayList<>();
  private byte[] chain;
  private int[] tokens;
  private int length;

  public HashedTokens(String salt, int blockTokens, int[] tokens) {
    this.salt = salt;
    this.blockTokens = blockTokens;
    this.tokens = tokens.clone();
    this.length = tokens.length;
    this.chain = digest.digest(salt.getBytes(StandardCharsets.UTF_8));
  }

  public int length() {
    return length;
  }

  /** What keeps tenants apart. */
  public String salt() {
    return salt;
  }

  public int blockTokens() {
    return blockTokens;
  }

  public int get(int position) {
    if (position < 0 || position >= length) {
      throw new IndexOutOfBoundsException("token " + position + " of " + length);
    }
    return tokens[position];
  }

  /** Copies tokens [from, from + count) into {@code target} at {@code offset}. */
  public void copy(int from, int count, int[] target, int offset) {
    if (from < 0 || count < 0 || from + count > length) {
      throw new IndexOutOfBoundsException(
          "tokens [%d, %d) of %d".formatted(from, from + count, length));
    }
    System.arraycopy(tokens, from, target, offset, count);
  }

  /**
   * Where the last {@code count} tokens stood before, the latest such place; -1 for nowhere. Both
   * places may overlap.
   */
  public int latestRepeat(int count) {
    int end = length - count;
    for (int from = end - 1; from >= 0; from--) {
      if (Arrays.equals(tokens, from, from + count, tokens, end, length)) {
        return from;
      }
    }
    return -1;
  }

  public void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(16, length + length / 2));
    }
    tokens[length++] = token;
  }

  /** The hash of blocks [0, block]; the block must be full. */
  BlockHash hash(int block) {
    while (hashes.size() <= block) {
      hashes.add(nextHash());
    }
    return hashes.get(block);
  }

  private BlockHash nextHash() {
    int from = hashes.size() * blockTokens;
    var bytes = ByteBuffer.allocate(blockTokens * Integer.BYTES);
    for (int i = from; i < from + blockTokens; i++) {
      bytes.putInt(get(i));
    }
    digest.update(chain);
    chain = digest.digest(bytes.array());
    var words = ByteBuffer.wrap(chain);
    return new BlockHash(words.getLong(), words.getLong());
  }

  /** Whether the first {@code count} tokens and the salt are the same as the other's. */
  boolean startsLike(HashedTokens other, int count) {
    return count <= length
        && count <= other.length
        && salt.equals(other.salt)
        && Arrays.equals(tokens, 0, count, other.tokens, 0, count);
  }

  /** How many leading tokens, {@code limit} at most, a sequence of the same salt has too. */
  public int commonPrefix(HashedTokens other, int limit) {
    int end = Math.min(limit, Math.min(length, other.length));
    if (end <= 0 || !salt.equals(other.salt)) {
      return 0;
    }
    int different = Arrays.mismatch(tokens, 0, end, other.tokens, 0, end);
    return different < 0 ? end : different;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every JDK has SHA-256", impossible);
    }
  }
}
