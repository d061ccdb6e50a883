package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.cuda.KernelText;

/**
 * Queues what is between the product of queries, keys and values and the product behind attention:
 * their rotation and the cache's new positions (rotary.cu), then attention of single tokens or of
 * pieces of prompts (attention.cuh). A run may have both; rows are then split between them.
 *
 * <p>Addresses are of the device. Rows are of the model's precision; biases, factors of norms,
 * cosines and sines float32; slots and positions int32. It owns the memory in which parts of long
 * rows meet, so calls belong on one stream.
 */
final class AttentionKernels implements AutoCloseable {

  private static final int WARP = 32;
  private static final int MOST_ROTARY_THREADS = 256;

  /** Threads of the one block that plans, and so rows. */
  private static final int MOST_DECODE_ROWS = 1024;

  /** Channels of half a head that one lane turns. */
  private static final int ROTARY_CHANNELS = 8;

  /**
   * Where the cache lies ({@link KvLayout}).
   *
   * @param base of slot 0
   * @param slotStride bytes from one slot to the next
   * @param tileStride bytes from one tile of 16 positions to the next
   */
  record Cache(long base, long slotStride, long tileStride) {

    static Cache of(PagedKvCache cache) {
      return new Cache(cache.base(), cache.slotStride(), cache.tileStride());
    }
  }

  /**
   * What is done to queries and keys before they are turned.
   *
   * @param bias [(heads + 2 * kvHeads) * headDim], or 0: none
   * @param queryNorm [headDim], factors of an RMS norm of each head, or 0: none
   * @param keyNorm likewise
   * @param epsilon of these norms
   */
  record Preparation(long bias, long queryNorm, long keyNorm, double epsilon) {

    /** Nothing is done. */
    static final Preparation NONE = new Preparation(0, 0, 0, 0);
  }

  private final Device device;
  private final AttentionHeads heads;
  private final List<KernelModule> modules = new ArrayList<>();
  private final Kernel plan;
  private final Kernel rotary;
  private final Kernel decode;
  private final PromptShape fullShape;
  private final PromptShape fineShape;
  private final Kernel fullPrompt;
  private final Kernel finePrompt;
  private final int maxDecodeRows;
  private final long work;
  private final long partials;
  private final long counters;

  /**
   * @param maxDecodeRows rows of a call of {@link #decode} at most
   */
  AttentionKernels(
      Device device, CudaPrecision precision, AttentionHeads heads, int maxDecodeRows) {
    this.device = device;
    this.heads = heads;
    this.maxDecodeRows = maxDecodeRows;
    if (maxDecodeRows > MOST_DECODE_ROWS) {
      throw new IllegalArgumentException(
          "%,d single tokens in a step; a GPU's step has at most %,d, so lower MAX_BATCH_SIZE"
              .formatted(maxDecodeRows, MOST_DECODE_ROWS));
    }
    plan = load(device.load(KernelText.of("attention_plan")), "attention_plan");
    rotary = load(precision.load(device, "rotary"), "rotary_append");
    KernelModule attention = precision.load(device, "attention_" + heads.headDim());
    decode = load(attention, "attention_decode_" + heads.headDim());
    fineShape = PromptShape.fine(heads);
    fullShape = PromptShape.full(heads, device.computeCapability());
    finePrompt = attention.kernel(fineShape.kernel() + heads.headDim());
    fullPrompt =
        PromptShape.isHopper(heads, device.computeCapability())
            ? load(
                precision.load(device, fullShape.kernel() + heads.headDim()),
                fullShape.kernel() + heads.headDim())
            : attention.kernel(fullShape.kernel() + heads.headDim());
    DecodeShape largest = shape(maxDecodeRows);
    work = device.allocate(largest.workBytes());
    partials = device.allocate(largest.partialBytes(heads.headDim()));
    counters = device.allocate(largest.counterBytes(maxDecodeRows));
    device.clear(counters, largest.counterBytes(maxDecodeRows));
  }

  private Kernel load(KernelModule module, String name) {
    modules.add(module);
    return module.kernel(name);
  }

  /** Device memory that the kernels hold, for planning: all but their code. */
  static long bytes(AttentionHeads heads, int multiprocessors, int maxDecodeRows) {
    DecodeShape largest = DecodeShape.of(heads, multiprocessors, maxDecodeRows);
    return largest.workBytes()
        + largest.partialBytes(heads.headDim())
        + largest.counterBytes(maxDecodeRows);
  }

  /**
   * Turns queries, and writes keys and values of all rows to their positions in the cache.
   *
   * @param queries [rows, heads, headDim], written
   * @param fused [rows, heads + 2 * kvHeads, headDim]
   * @param cosines float32 [positions, headDim / 2]
   * @param sines float32 [positions, headDim / 2]
   */
  void append(
      long queries,
      long fused,
      Preparation preparation,
      long cosines,
      long sines,
      Cache cache,
      int layer,
      long slots,
      long positions,
      int rows) {
    int lanes = powerOfTwo(Math.ceilDiv(heads.headDim(), 2 * ROTARY_CHANNELS));
    int items = (heads.heads() + 2 * heads.kvHeads()) * lanes;
    int threads = Math.min(MOST_ROTARY_THREADS, WARP * Math.ceilDiv(items, WARP));
    device.launch(
        rotary,
        new Grid(rows, Math.ceilDiv(items, threads), 1, threads, 0),
        queries,
        fused,
        preparation.bias(),
        preparation.queryNorm(),
        preparation.keyNorm(),
        Double.doubleToRawLongBits(preparation.epsilon()),
        cosines,
        sines,
        cache.base(),
        cache.slotStride(),
        cache.tileStride(),
        layer,
        slots,
        positions,
        heads.heads(),
        heads.kvHeads(),
        heads.headDim(),
        rows);
  }

  /**
   * Plans how the rows that are single tokens are spread over the device: once for a run, before
   * {@link #decode} of its layers.
   *
   * @param slots of these rows
   * @param positions likewise
   */
  void plan(long slots, long positions, int rows) {
    DecodeShape shape = shape(rows);
    device.launch(
        plan,
        new Grid(1, 1, 1, MOST_DECODE_ROWS, 0),
        work,
        slots,
        positions,
        rows,
        shape.items(),
        shape.units(),
        shape.blocks());
  }

  /**
   * Attention of the rows that were planned: each attends to positions 0 to its own.
   *
   * @param out [rows, heads, headDim], written
   * @param queries [rows, heads, headDim]
   * @param rows as many as were planned
   */
  void decode(long out, long queries, Cache cache, int layer, int rows) {
    DecodeShape shape = shape(rows);
    device.launch(
        decode,
        new Grid(
            shape.units(), shape.items(), 1, shape.threads(), shape.sharedBytes(heads.headDim())),
        out,
        queries,
        cache.base(),
        cache.slotStride(),
        cache.tileStride(),
        layer,
        work,
        partials,
        counters,
        Double.doubleToRawLongBits(heads.scale()),
        heads.heads(),
        heads.kvHeads());
  }

  /**
   * Attention of pieces of prompts: a token attends to the positions before it and its own.
   *
   * @param out [rows of the run, heads, headDim]; the tiles' rows are written
   * @param queries [rows of the run, heads, headDim]
   * @param tiles as {@link PromptTile#write} writes them, of at most {@link #tileTokens} tokens
   * @param fine whether they were cut as fine tiles
   */
  void prompt(
      long out, long queries, Cache cache, int layer, long tiles, int tileCount, boolean fine) {
    device.launch(
        fine ? finePrompt : fullPrompt,
        (fine ? fineShape : fullShape).grid(heads, tileCount),
        out,
        queries,
        cache.base(),
        cache.slotStride(),
        cache.tileStride(),
        layer,
        tiles,
        Double.doubleToRawLongBits(heads.scale()),
        heads.heads(),
        heads.kvHeads());
  }

  /**
   * Whether a run of so many tokens in prompts is cut into fine tiles: where full ones would leave
   * multiprocessors idle. Of blocks with 128 threads two run on one; of the larger ones of Hopper
   * one does, and they are so much faster that some may stay idle.
   */
  boolean fineTiles(int tokens) {
    long blocks = (long) Math.ceilDiv(tokens, tileTokens(false)) * heads.kvHeads();
    boolean hopper = PromptShape.isHopper(heads, device.computeCapability());
    return hopper
        ? 3 * blocks < 2L * device.multiprocessors()
        : blocks < 2L * device.multiprocessors();
  }

  /** Tokens of a tile at most. */
  int tileTokens(boolean fine) {
    return (fine ? fineShape : fullShape).tokens(heads);
  }

  private DecodeShape shape(int rows) {
    if (rows > maxDecodeRows) {
      throw new IllegalArgumentException(
          "%d rows; there is room to attend for %d".formatted(rows, maxDecodeRows));
    }
    return DecodeShape.of(heads, device.multiprocessors(), rows);
  }

  private static int powerOfTwo(int atLeast) {
    return atLeast == 1 ? 1 : Integer.highestOneBit(atLeast - 1) << 1;
  }

  @Override
  public void close() {
    device.free(work);
    device.free(partials);
    device.free(counters);
    modules.forEach(KernelModule::close);
  }
}
