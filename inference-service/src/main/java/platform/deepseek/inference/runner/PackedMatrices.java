package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.ModelConfig;

/** How many matrices of a model the processor's runner packs: the measure of its loading. */
public final class PackedMatrices {

  /** Of a dense or shared feed-forward part: gate with up, down. */
  private static final int FEED_FORWARD = 2;

  private PackedMatrices() {}

  /** All; each expert's count, which are nearly all of a large mixture. */
  public static int of(ModelConfig config) {
    int experts = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      experts += ofExperts(config, layer);
    }
    return ofGraph(config) + experts;
  }

  /** Those of the graph's own products: attention's, feed-forward parts for all rows, the head. */
  static int ofGraph(ModelConfig config) {
    int attention =
        config.latent().map(latent -> latent.queryRank() > 0 ? 3 : 2).orElse(1) + 1; // and output
    int matrices = 1;
    for (int layer = 0; layer < config.layers(); layer++) {
      boolean all =
          !config.sparse(layer) || config.mixture().orElseThrow().sharedIntermediate() > 0;
      matrices += attention + (all ? FEED_FORWARD : 0);
    }
    return matrices;
  }

  /** Those of a layer's experts, 0 without. */
  static int ofExperts(ModelConfig config, int layer) {
    return config.sparse(layer) ? FEED_FORWARD * config.mixture().orElseThrow().experts() : 0;
  }
}
