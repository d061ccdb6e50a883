package platform.deepseek.inference.engine.prefix;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.kv.HashedTokens;

/**
 * The names of one sequence's blocks outside of this process, where other replicas and later runs
 * find them.
 *
 * <p>Like {@link HashedTokens} a chain: name(n) = SHA-256(name(n - 1), the block's token ids), so a
 * name says the whole prefix up to its block. It starts with everything else that keys and values
 * depend on: the origin (weights, build, precision, layout) and the tenant's secret salt, so nobody
 * without it can name a block of the tenant. All 256 bits are kept: blocks are believed by their
 * name, tokens cannot be compared any more. Not thread safe.
 */
public final class BlockNames {

  private static final byte[] TAG = "dsk-kv/v1\0".getBytes(StandardCharsets.US_ASCII);

  private final HashedTokens tokens;
  private final int blockTokens;
  private final MessageDigest digest = sha256();
  private final List<BlockName> names = new ArrayList<>();
  private byte[] chain;

  /**
   * @param origin what makes keys and values besides the tokens
   * @param blockTokens tokens of one block
   */
  public BlockNames(String origin, HashedTokens tokens, int blockTokens) {
    this.tokens = tokens;
    this.blockTokens = blockTokens;
    digest.update(TAG);
    update(origin);
    update(tokens.salt());
    this.chain = digest.digest();
  }

  /** With its length before it, so that no two pairs of texts are the same bytes. */
  private void update(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
    digest.update(bytes);
  }

  /** The name of a full block. */
  public BlockName get(int block) {
    while (names.size() <= block) {
      names.add(next());
    }
    return names.get(block);
  }

  /** Of blocks [from, to), a copy. */
  public List<BlockName> range(int from, int to) {
    if (to > from) {
      get(to - 1);
    }
    return List.copyOf(names.subList(from, to));
  }

  private BlockName next() {
    int from = names.size() * blockTokens;
    int[] ids = new int[blockTokens];
    tokens.copy(from, blockTokens, ids, 0);
    var bytes = ByteBuffer.allocate(blockTokens * Integer.BYTES);
    bytes.asIntBuffer().put(ids);
    digest.update(chain);
    chain = digest.digest(bytes.array());
    return BlockName.of(chain);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
