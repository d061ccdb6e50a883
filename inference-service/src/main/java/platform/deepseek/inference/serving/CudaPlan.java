package platform.deepseek.inference.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.CudaFootprint;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;

/**
 * What a GPU's memory is used for. Weights are what they are; the rest is shared by the workspace,
 * which grows with the tokens of a step and the sequences of a batch, and keys and values. What is
 * asked for is done or refused with its numbers. What is not asked for adapts: the defaults are a
 * large GPU's, and halve until keys and values get their share and a prompt of some length fits.
 *
 * <p>Slots are addresses; memory follows their tokens page by page, so what counts is the blocks
 * that they may fill together. There are twice as many slots as sequences that run, where that
 * costs little, so that prefixes of ended requests can stay.
 *
 * <p>A slot's last page and last block are filled in part only, and any number of tokens is in any
 * number of slots. So the bytes of a page and a block are kept back for each slot: then whatever
 * the engine places within {@code kvBlocks} fits {@code kvBytes}, one token written in vain behind
 * each sequence's end included.
 *
 * @param maxBatch sequences of a step at most
 * @param tokensPerStep of prompts and answers together
 * @param context tokens of a slot at most
 * @param slots idle ones included
 * @param kvBlocks blocks of {@link MemoryPlan#BLOCK_TOKENS} tokens that all slots together may fill
 * @param kvBytes that may be mapped for them, whole pages
 */
record CudaPlan(
    int maxBatch, int tokensPerStep, int context, int slots, int kvBlocks, long kvBytes) {

  /** What a large GPU does well: more sequences gain little, longer pieces nothing. */
  static final int DEFAULT_BATCH = 256;

  static final int DEFAULT_TOKENS = 8_192;

  /** Shorter pieces of prompts would read all weights for little progress. */
  private static final int FEWEST_TOKENS = 256;

  /** A context that is too short for a conversation; defaults give way to a longer one. */
  private static final int SHORT_CONTEXT = 2_048;

  /** Of keys' and values' memory, what may be kept back for slots beyond those that run. */
  private static final int MOST_KEPT_BACK = 8;

  /** Likewise for slots of sequences that run, where their number is ours to choose. */
  private static final int MOST_KEPT_BACK_RUNNING = 4;

  /**
   * What is asked for; empty is ours to choose.
   *
   * @param kvMemory bytes for keys and values where a limit is configured, else Long.MAX_VALUE
   */
  record Wanted(
      OptionalInt context, OptionalInt maxBatch, OptionalInt tokensPerStep, long kvMemory) {

    /** What can be lowered where it does not fit, in words. */
    private String advice() {
      List<String> set = new ArrayList<>();
      context.ifPresent(value -> set.add("CONTEXT"));
      maxBatch.ifPresent(value -> set.add("MAX_BATCH_SIZE"));
      tokensPerStep.ifPresent(value -> set.add("DEEPSEEK_TOKENS_PER_STEP"));
      String lower = set.isEmpty() ? "" : "lower %s, ".formatted(String.join(" or ", set));
      String raise = kvMemory == Long.MAX_VALUE ? "" : "raise DEEPSEEK_KV_MEMORY, ";
      return lower + raise + "take a smaller model or a larger GPU, or set DEVICE=cpu";
    }
  }

  /**
   * A GPU to plan for.
   *
   * @param free bytes that nobody has
   * @param pageBytes the unit in which it maps memory
   */
  record Gpu(long free, long pageBytes, int multiprocessors) {

    /** What fits this and another one. */
    Gpu smaller(Gpu other) {
      return new Gpu(
          Math.min(free, other.free),
          Math.max(pageBytes, other.pageBytes),
          Math.max(multiprocessors, other.multiprocessors));
    }
  }

  /**
   * @throws ModelDoesNotFitException the model, or one sequence of the context asked for, does not
   *     fit
   */
  static CudaPlan of(ModelConfig config, CudaNumbers numbers, Wanted wanted, Gpu gpu) {
    int batch =
        wanted
            .maxBatch()
            .orElse(Math.min(DEFAULT_BATCH, wanted.tokensPerStep().orElse(Integer.MAX_VALUE)));
    int tokens = wanted.tokensPerStep().orElse(Math.max(DEFAULT_TOKENS, batch));
    while (true) {
      Division division = Division.of(config, numbers, wanted, gpu, batch, tokens);
      boolean fewerTokens =
          wanted.tokensPerStep().isEmpty() && tokens > Math.max(FEWEST_TOKENS, batch);
      boolean fewerSequences = wanted.maxBatch().isEmpty() && batch > 1;
      if (division.comfortable() || (!fewerTokens && !fewerSequences)) {
        return division.plan();
      }
      // Whichever is further from its end, so that both stay in proportion.
      boolean tokensFirst = (long) tokens * DEFAULT_BATCH >= (long) batch * DEFAULT_TOKENS;
      if (fewerTokens && (tokensFirst || !fewerSequences)) {
        tokens = Math.max(tokens / 2, Math.max(FEWEST_TOKENS, batch));
      } else {
        batch /= 2;
      }
    }
  }

  /**
   * The memory with a batch and a step of some size.
   *
   * @param workspace all but weights, keys and values
   * @param libraries of the workspace, what no size changes
   * @param fits bytes that are left for keys and values
   */
  private record Division(
      ModelConfig config,
      Wanted wanted,
      Gpu gpu,
      int batch,
      int tokens,
      long weights,
      long workspace,
      long libraries,
      long fits,
      long block) {

    static Division of(
        ModelConfig config, CudaNumbers numbers, Wanted wanted, Gpu gpu, int batch, int tokens) {
      int positions = wanted.context().orElse(config.context());
      var limits = new CudaModelRunner.Limits(positions, 2 * batch, batch, tokens, 0);
      CudaFootprint footprint =
          CudaFootprint.of(
              config, numbers.elements(), limits, gpu.multiprocessors(), gpu.pageBytes());
      long workspace = footprint.total() + CudaModelRunner.matrixBytes(config, numbers);
      long weights = CudaModelRunner.weightBytes(config, numbers);
      return new Division(
          config,
          wanted,
          gpu,
          batch,
          tokens,
          weights,
          workspace,
          footprint.libraries(),
          Math.min(wanted.kvMemory(), gpu.free() - weights - workspace),
          CudaModelRunner.tokenBytes(config, numbers.elements()) * MemoryPlan.BLOCK_TOKENS);
    }

    private long bytes() {
      return Math.floorDiv(fits, gpu.pageBytes()) * gpu.pageBytes();
    }

    private long perSlot() {
      return gpu.pageBytes() + block;
    }

    /** Slots before a context that was asked for takes of them. */
    private long slots() {
      return Math.clamp(bytes() / MOST_KEPT_BACK / perSlot(), batch, 2 * batch);
    }

    /** Tokens of all slots together. */
    private long mostTokens() {
      return Math.max(0, bytes() - slots() * perSlot()) / block * MemoryPlan.BLOCK_TOKENS;
    }

    boolean comfortable() {
      long share = Math.min(wanted.kvMemory(), (gpu.free() - weights - libraries) / 2);
      int context = wanted.context().orElse(Math.min(SHORT_CONTEXT, config.context()));
      return fits >= share
          && batch * perSlot() <= bytes() / MOST_KEPT_BACK_RUNNING
          && mostTokens() >= context;
    }

    CudaPlan plan() {
      int context =
          wanted.context().orElseGet(() -> (int) Math.clamp(mostTokens(), 1, config.context()));
      long contextBlocks = Math.ceilDiv(context, MemoryPlan.BLOCK_TOKENS);
      long slots = Math.min(slots(), Math.floorDiv(bytes() - contextBlocks * block, perSlot()));
      if (slots < batch) {
        throw new ModelDoesNotFitException(
            ("the GPU has %,d MiB free: %,d MiB for weights and %,d MiB of workspace leave %,d MiB"
                    + " for keys and values, and one sequence of CONTEXT=%,d tokens with"
                    + " MAX_BATCH_SIZE=%,d slots needs %,d MiB; %s")
                .formatted(
                    gpu.free() >> 20,
                    weights >> 20,
                    workspace >> 20,
                    Math.max(0, bytes()) >> 20,
                    context,
                    batch,
                    contextBlocks * block + batch * perSlot() >> 20,
                    wanted.advice()));
      }
      long blocks = Math.min((bytes() - slots * perSlot()) / block, slots * contextBlocks);
      return new CudaPlan(
          batch, tokens, context, (int) slots, (int) Math.min(Integer.MAX_VALUE, blocks), bytes());
    }
  }
}
