package platform.deepseek.inference.serving;

import java.util.OptionalInt;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaPrecision;

/**
 * What of a GPU's memory becomes keys and values. Slots are addresses; memory follows their tokens
 * page by page, so what counts is the blocks that they may fill together. There are twice as many
 * slots as sequences that run, so that prefixes of ended requests can stay.
 *
 * <p>A slot's last page and last block are filled in part only, and any number of tokens is in any
 * number of slots. So the bytes of a page and a block are kept back for each slot: then whatever
 * the engine places within {@code kvBlocks} fits {@code kvBytes}, one token written in vain behind
 * each sequence's end included.
 *
 * @param context tokens of a slot at most
 * @param slots idle ones included
 * @param kvBlocks blocks of {@link MemoryPlan#BLOCK_TOKENS} tokens that all slots together may fill
 * @param kvBytes that may be mapped for them, whole pages
 */
record CudaPlan(int context, int slots, int kvBlocks, long kvBytes) {

  /** Products' workspaces, kernels' code, captured graphs, and what allocators round up. */
  private static final long FIXED = 1L << 30;

  /**
   * Numbers that a token has at one time inside a layer, as multiples of what enters and leaves.
   */
  private static final int LIVE_COPIES = 3;

  /** Of keys' and values' memory, what may be kept back for slots beyond those that run. */
  private static final int MOST_KEPT_BACK = 8;

  /**
   * @param asked the context wanted; absent: as much as one sequence alone has memory for
   * @param pageBytes the unit in which the device maps memory
   * @param free bytes of the device that nobody has
   * @param allowed bytes for keys and values where a limit is configured, else Long.MAX_VALUE
   * @throws IllegalArgumentException the model, or one sequence of this context, does not fit
   */
  static CudaPlan of(
      ModelConfig config,
      CudaPrecision precision,
      OptionalInt asked,
      int maxBatch,
      int tokensPerStep,
      long pageBytes,
      long free,
      long allowed) {
    long weights = CudaModelRunner.weightBytes(config, precision);
    int positions = asked.orElse(config.context());
    long workspace =
        FIXED + activations(config, precision, maxBatch, tokensPerStep) + tables(config, positions);
    long block = CudaModelRunner.tokenBytes(config, precision) * MemoryPlan.BLOCK_TOKENS;
    // Rows that only fill a batch write into a block of their own.
    long scratch = Math.ceilDiv(block, pageBytes) * pageBytes;
    long fits = Math.min(allowed, free - weights - workspace - scratch);
    long bytes = Math.floorDiv(fits, pageBytes) * pageBytes;
    long perSlot = pageBytes + block;
    long slots = Math.clamp(bytes / MOST_KEPT_BACK / perSlot, maxBatch, 2 * maxBatch);
    long most = Math.max(0, bytes - slots * perSlot) / block * MemoryPlan.BLOCK_TOKENS;
    int context = asked.orElseGet(() -> (int) Math.clamp(most, 1, config.context()));
    long contextBlocks = Math.ceilDiv(context, MemoryPlan.BLOCK_TOKENS);
    slots = Math.min(slots, Math.floorDiv(bytes - contextBlocks * block, perSlot));
    if (slots < maxBatch) {
      throw new IllegalArgumentException(
          ("the GPU has %,d MiB free: %,d MiB for weights and %,d MiB of workspace leave %,d MiB"
                  + " for keys and values, and one sequence of CONTEXT=%,d tokens with"
                  + " MAX_BATCH_SIZE=%,d slots needs %,d MiB; lower CONTEXT or MAX_BATCH_SIZE, or"
                  + " take a larger GPU")
              .formatted(
                  free >> 20,
                  weights >> 20,
                  workspace >> 20,
                  Math.max(0, bytes) >> 20,
                  context,
                  maxBatch,
                  contextBlocks * block + maxBatch * perSlot >> 20));
    }
    long blocks = Math.min((bytes - slots * perSlot) / block, slots * contextBlocks);
    return new CudaPlan(context, (int) slots, (int) Math.min(Integer.MAX_VALUE, blocks), bytes);
  }

  private static long activations(
      ModelConfig config, CudaPrecision precision, int maxBatch, int tokensPerStep) {
    long rows = Math.max(tokensPerStep, maxBatch);
    long perRow = 4L * config.hidden() + config.queryRows() + 4L * config.intermediate();
    long logits = 2L * maxBatch * config.vocabulary() * (precision.bytes() + Float.BYTES);
    return LIVE_COPIES * rows * perRow * precision.bytes() + logits;
  }

  /** Cosines and sines of every position. */
  private static long tables(ModelConfig config, int positions) {
    return (positions + 1L) * config.headDim() * Float.BYTES;
  }
}
