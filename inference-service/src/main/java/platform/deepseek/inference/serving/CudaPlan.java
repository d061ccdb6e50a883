package platform.deepseek.inference.serving;

import java.util.OptionalInt;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaPrecision;

/**
 * What of a GPU's memory becomes KV slots. Slots are allocated whole, so every sequence that may
 * run needs one; twice as many are taken where they fit, so that prefixes of ended requests can
 * stay.
 *
 * @param context tokens of a slot
 * @param slots idle ones included
 */
record CudaPlan(int context, int slots) {

  /** Products' workspaces, kernels' code, and what allocators round up. */
  private static final long FIXED = 1L << 30;

  /**
   * Numbers that a token has at one time inside a layer, as multiples of what enters and leaves.
   */
  private static final int LIVE_COPIES = 3;

  /**
   * @param asked the context wanted; absent: as much as fits
   * @param free bytes of the device that nobody has
   * @param allowed bytes for keys and values where a limit is configured, else Long.MAX_VALUE
   * @throws IllegalArgumentException the model, or one slot for each sequence, does not fit
   */
  static CudaPlan of(
      ModelConfig config,
      CudaPrecision precision,
      OptionalInt asked,
      int maxBatch,
      int tokensPerStep,
      long free,
      long allowed) {
    long weights = CudaModelRunner.weightBytes(config, precision);
    long workspace = FIXED + activations(config, precision, maxBatch, tokensPerStep);
    long cache = Math.min(allowed, free - weights - workspace);
    int context = asked.orElseGet(() -> longest(config, precision, maxBatch, cache));
    long slotBytes = CudaModelRunner.cacheBytes(config, precision, 1, Math.max(1, context));
    if (context < 1 || cache < maxBatch * slotBytes) {
      throw new IllegalArgumentException(
          ("the GPU has %,d MiB free: %,d MiB for weights and %,d MiB of workspace leave %,d MiB"
                  + " for keys and values, and MAX_BATCH_SIZE=%d slots of CONTEXT=%,d tokens need"
                  + " %,d MiB; lower CONTEXT or MAX_BATCH_SIZE, or take a larger GPU")
              .formatted(
                  free >> 20,
                  weights >> 20,
                  workspace >> 20,
                  Math.max(0, cache) >> 20,
                  maxBatch,
                  Math.max(1, context),
                  maxBatch * slotBytes >> 20));
    }
    return new CudaPlan(context, (int) Math.min(2L * maxBatch, cache / slotBytes));
  }

  private static int longest(
      ModelConfig config, CudaPrecision precision, int maxBatch, long cache) {
    int shortest = 0;
    int longest = config.context();
    while (shortest < longest) {
      int middle = shortest + (longest - shortest + 1) / 2;
      if (CudaModelRunner.cacheBytes(config, precision, maxBatch, middle) <= cache) {
        shortest = middle;
      } else {
        longest = middle - 1;
      }
    }
    return shortest;
  }

  private static long activations(
      ModelConfig config, CudaPrecision precision, int maxBatch, int tokensPerStep) {
    long rows = Math.max(tokensPerStep, 2L * maxBatch);
    long perRow = 4L * config.hidden() + config.queryRows() + 4L * config.intermediate();
    long logits = 2L * maxBatch * config.vocabulary() * (precision.bytes() + Float.BYTES);
    return LIVE_COPIES * rows * perRow * precision.bytes() + logits;
  }
}
