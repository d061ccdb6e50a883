package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.LatentAttention;
import platform.deepseek.inference.model.ModelConfig;

/**
 * Heads of attention over latents, as the kernels take them.
 *
 * @param heads query heads
 * @param rank width of a latent
 * @param rotary channels of the turned part
 * @param content channels of a head's query that are not turned
 * @param value channels of a head's result
 * @param scale what scores are multiplied with
 */
record LatentHeads(int heads, int rank, int rotary, int content, int value, double scale) {

  /** What a warp's registers hold of a row of results, times the warps that share it. */
  private static final int LARGEST_RANK = 512;

  private static final int RANK_MULTIPLE = 16;
  private static final int WIDTH_MULTIPLE = 8;

  LatentHeads {
    if (rank > LARGEST_RANK || rank % RANK_MULTIPLE != 0) {
      throw new IllegalArgumentException(
          "latents of %d values (kv_lora_rank); on a GPU they can have a multiple of %d up to %d, so"
                  .formatted(rank, RANK_MULTIPLE, LARGEST_RANK)
              + " run this model with DEVICE=cpu");
    }
    if (rotary % WIDTH_MULTIPLE != 0
        || content % WIDTH_MULTIPLE != 0
        || value % WIDTH_MULTIPLE != 0) {
      throw new IllegalArgumentException(
          "heads of %d and %d turned channels and values of %d; a GPU's kernels need multiples of %d,"
                  .formatted(content, rotary, value, WIDTH_MULTIPLE)
              + " so run this model with DEVICE=cpu");
    }
  }

  /** Of a config that has latent attention. */
  static LatentHeads of(ModelConfig config) {
    LatentAttention latent = config.latent().orElseThrow();
    return new LatentHeads(
        config.heads(),
        latent.rank(),
        latent.rotaryDim(),
        latent.contentDim(),
        latent.valueDim(),
        latent.scoreScale());
  }

  /** Values of a cached vector. */
  int width() {
    return rank + rotary;
  }
}
