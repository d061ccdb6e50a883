package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.cuda.KernelText;

/**
 * Queues what attention over latents does between its products (latent.cu, latent_attention.cu).
 *
 * <p>Addresses are of the device. Rows are of the model's precision; factors of norms, cosines and
 * sines float32; slots and positions int32. It owns the memory in which parts of long rows meet, so
 * calls belong on one stream.
 */
final class LatentKernels implements AutoCloseable {

  private static final int ROW_THREADS = 128;
  private static final int BLOCK_THREADS = 256;

  /** Threads of the one block that plans, and so rows. */
  private static final int MOST_SINGLES = 1024;

  private final Device device;
  private final LatentHeads heads;
  private final LatentBlocks singles;
  private final LatentBlocks prompts;
  private final KernelModule rows;
  private final KernelModule attention;
  private final KernelModule planning;
  private final Kernel append;
  private final Kernel rowNorm;
  private final Kernel joinHeads;
  private final Kernel decode;
  private final Kernel prompt;
  private final Kernel join;
  private final Kernel plan;
  private final long work;
  private final long partials;

  /**
   * @param maxSingles single tokens of a run at most
   */
  LatentKernels(Device device, CudaPrecision precision, LatentHeads heads, int maxSingles) {
    this.device = device;
    this.heads = heads;
    if (maxSingles > MOST_SINGLES) {
      throw new IllegalArgumentException(
          "%,d single tokens in a step; a GPU's step has at most %,d, so lower MAX_BATCH_SIZE"
              .formatted(maxSingles, MOST_SINGLES));
    }
    singles = LatentBlocks.ofSingles(heads, device.mostSharedMemory());
    prompts = LatentBlocks.ofPrompts(heads, device.mostSharedMemory());
    rows = precision.load(device, "latent");
    attention = precision.load(device, "latent_attention");
    planning = device.load(KernelText.of("attention_plan"));
    append = rows.kernel("latent_append");
    rowNorm = rows.kernel("row_norm");
    joinHeads = rows.kernel("join_heads");
    decode = attention.kernel("latent_decode_" + singles.rows());
    prompt = attention.kernel("latent_prompt_" + prompts.rows());
    join = attention.kernel("latent_join");
    plan = planning.kernel("attention_plan");
    int items = singles.items(device.multiprocessors(), maxSingles);
    work = device.allocate(LatentBlocks.workBytes(items));
    partials = device.allocate(singles.partialBytes(heads, items));
  }

  /** Device memory that the kernels hold, for planning: all but their code. */
  static long bytes(LatentHeads heads, int multiprocessors, int maxSingles) {
    long most = 0;
    for (int sharedMemory : new int[] {0, Integer.MAX_VALUE}) {
      LatentBlocks blocks = LatentBlocks.ofSingles(heads, sharedMemory);
      int items = blocks.items(multiprocessors, maxSingles);
      most = Math.max(most, LatentBlocks.workBytes(items) + blocks.partialBytes(heads, items));
    }
    return most;
  }

  /** Tokens of a tile of a prompt. */
  int tileTokens() {
    return prompts.tokens();
  }

  /**
   * Takes queries apart and turns their second part; writes latents and turned keys of all rows to
   * their positions in the cache.
   *
   * @param contents [heads, rows, content], written
   * @param turned [rows, heads, rotary], written
   * @param q [rows, heads, content + rotary]
   * @param kv [rows, rank + rotary]: latents before their norm, keys before their turn
   * @param gamma float32 [rank]
   */
  void append(
      long contents,
      long turned,
      long q,
      long kv,
      long gamma,
      double epsilon,
      RotaryCaches rotary,
      AttentionKernels.Cache cache,
      int layer,
      CudaBatch batch) {
    device.launch(
        append,
        new Grid(batch.rows(), heads.heads() + 1, 1, ROW_THREADS, 0),
        contents,
        turned,
        q,
        kv,
        gamma,
        Double.doubleToRawLongBits(epsilon),
        rotary.cosines(),
        rotary.sines(),
        cache.base(),
        cache.slotStride(),
        cache.tileStride(),
        layer,
        batch.slotsAddress(),
        batch.positionsAddress(),
        heads.heads(),
        heads.content(),
        heads.rotary(),
        heads.rank(),
        batch.rows());
  }

  /** Spreads attention of a batch's single tokens over the device; once for a run. */
  void plan(CudaBatch batch) {
    int items = singles.items(device.multiprocessors(), batch.singles());
    device.launch(
        plan,
        new Grid(1, 1, 1, MOST_SINGLES, 0),
        work,
        batch.slotsAddress(),
        batch.positionsAddress(),
        batch.singles(),
        items,
        singles.units(),
        device.multiprocessors());
  }

  /**
   * Attention of a batch's single tokens, which were planned.
   *
   * @param out [heads, rows, rank], written
   * @param absorbed queries [heads, rows, rank]
   * @param turned [rows, heads, rotary]
   */
  void decode(
      long out,
      long absorbed,
      long turned,
      AttentionKernels.Cache cache,
      int layer,
      CudaBatch batch) {
    int items = singles.items(device.multiprocessors(), batch.singles());
    device.launch(
        decode,
        new Grid(singles.units(), items, 1, BLOCK_THREADS, singles.sharedBytes(heads)),
        out,
        absorbed,
        turned,
        cache.base(),
        cache.slotStride(),
        cache.tileStride(),
        layer,
        work,
        partials,
        Double.doubleToRawLongBits(heads.scale()),
        heads.heads(),
        singles.heads(),
        heads.rank(),
        heads.rotary(),
        batch.rows());
    device.launch(
        join,
        new Grid(items, heads.heads(), 1, ROW_THREADS, 0),
        out,
        work,
        partials,
        heads.heads(),
        singles.heads(),
        singles.units(),
        heads.rank(),
        batch.rows());
  }

  /** Attention of a batch's pieces of prompts, in tiles; otherwise as {@link #decode}. */
  void prompt(
      long out,
      long absorbed,
      long turned,
      AttentionKernels.Cache cache,
      int layer,
      CudaBatch batch) {
    device.launch(
        prompt,
        new Grid(prompts.units(), batch.tileCount(), 1, BLOCK_THREADS, prompts.sharedBytes(heads)),
        out,
        absorbed,
        turned,
        cache.base(),
        cache.slotStride(),
        cache.tileStride(),
        layer,
        batch.tilesAddress(),
        Double.doubleToRawLongBits(heads.scale()),
        heads.heads(),
        prompts.heads(),
        heads.rank(),
        heads.rotary(),
        batch.rows());
  }

  /**
   * The RMS norm of rows.
   *
   * @param out [rows, width]
   * @param x [rows, width]
   * @param gamma float32 [width]
   */
  void rowNorm(long out, long x, long gamma, double epsilon, int width, int count) {
    device.launch(
        rowNorm,
        new Grid(count, 1, 1, ROW_THREADS, 0),
        out,
        x,
        gamma,
        Double.doubleToRawLongBits(epsilon),
        width,
        count);
  }

  /**
   * Puts the results of all heads side by side.
   *
   * @param out [rows, heads, value]
   * @param x [heads, rows, value]
   */
  void joinHeads(long out, long x, int count) {
    device.launch(
        joinHeads,
        new Grid(count, heads.heads(), 1, ROW_THREADS, 0),
        out,
        x,
        heads.value(),
        heads.heads(),
        count);
  }

  @Override
  public void close() {
    device.free(work);
    device.free(partials);
    rows.close();
    attention.close();
    planning.close();
  }
}
