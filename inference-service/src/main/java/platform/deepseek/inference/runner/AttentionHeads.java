package platform.deepseek.inference.runner;

import java.util.List;
import platform.deepseek.inference.model.ModelConfig;

/**
 * Heads of attention: so many query heads in groups, each group on one key and value head.
 *
 * @param heads query heads, a multiple of kvHeads
 * @param headDim channels of a head, one of {@link #SIZES}
 */
record AttentionHeads(int heads, int kvHeads, int headDim) {

  /** Sizes of heads for which there is a kernel. */
  static final List<Integer> SIZES = List.of(16, 32, 64, 96, 128, 256);

  /** The largest group: more rows of a token than this fit no tile well. */
  static final int LARGEST_GROUP = 16;

  AttentionHeads {
    if (!SIZES.contains(headDim)) {
      throw new IllegalArgumentException(
          "heads of %d channels; on a GPU they can have %s, so run this model with DEVICE=cpu"
              .formatted(headDim, SIZES));
    }
    if (heads % kvHeads != 0 || heads / kvHeads > LARGEST_GROUP) {
      throw new IllegalArgumentException(
          "%d heads on %d key and value heads; on a GPU 1 to %d can share one, so run this model"
                  .formatted(heads, kvHeads, LARGEST_GROUP)
              + " with DEVICE=cpu");
    }
  }

  static AttentionHeads of(ModelConfig config) {
    return new AttentionHeads(config.heads(), config.kvHeads(), config.headDim());
  }

  /** Query heads that share a key and value head. */
  int group() {
    return heads / kvHeads;
  }

  /** What scores are multiplied with. */
  double scale() {
    return 1 / Math.sqrt(headDim);
  }
}
