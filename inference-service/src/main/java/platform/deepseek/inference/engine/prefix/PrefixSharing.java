package platform.deepseek.inference.engine.prefix;

import java.util.Optional;

/**
 * Whether and how an engine shares computed prefixes with later runs and other replicas.
 *
 * @param store where they are kept; empty: nowhere
 * @param model what makes keys and values besides the tokens, the layout and the tenant: weights,
 *     build, precision
 * @param blockTokens tokens of one block, a multiple of the engine's own blocks
 * @param stagingBytes of blocks that may be on their way in at the same time
 * @param stepBytes of blocks that are copied out between two steps; one block always is
 */
public record PrefixSharing(
    Optional<PrefixStore> store, String model, int blockTokens, long stagingBytes, int stepBytes) {

  /** Tokens of a block as cache-service knows it. */
  public static final int BLOCK_TOKENS = 64;

  public static final PrefixSharing NONE =
      new PrefixSharing(Optional.empty(), "", BLOCK_TOKENS, 0, 0);

  public PrefixSharing {
    if (blockTokens < 1 || stagingBytes < 0 || stepBytes < 0) {
      throw new IllegalArgumentException(
          "blockTokens %d must be at least 1, stagingBytes %d and stepBytes %d at least 0"
              .formatted(blockTokens, stagingBytes, stepBytes));
    }
  }

  /** The same for a model. */
  public PrefixSharing of(String model) {
    return new PrefixSharing(store, model, blockTokens, stagingBytes, stepBytes);
  }
}
