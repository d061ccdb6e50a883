package platform.deepseek.inference.runner;

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
  private static final int PROMPT_THREADS = 128;

  /** Threads of the one block that plans, and so rows. */
  private static final int MOST_DECODE_ROWS = 1024;

  /** Channels of half a head that one lane turns. */
  private static final int ROTARY_CHANNELS = 8;

  /** Rows of a tile, pairs of token and head. */
  private static final int TILE_ROWS = 128;

  private static final int SHORT_TILE_ROWS = 64;

  /** Heads between which a tile's full number of rows fits into registers. */
  private static final int SMALLEST_FULL_TILE_HEAD = 64;

  private static final int LARGEST_FULL_TILE_HEAD = 128;

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
  private final KernelModule rotaryModule;
  private final KernelModule attentionModule;
  private final KernelModule planModule;
  private final Kernel plan;
  private final Kernel rotary;
  private final Kernel decode;
  private final Kernel prompt;
  private final Kernel shortPrompt;
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
    planModule = device.load(KernelText.of("attention_plan"));
    plan = planModule.kernel("attention_plan");
    rotaryModule = precision.load(device, "rotary");
    attentionModule = precision.load(device, "attention_" + heads.headDim());
    rotary = rotaryModule.kernel("rotary_append");
    decode = attentionModule.kernel("attention_decode_" + heads.headDim());
    shortPrompt = attentionModule.kernel("attention_prompt_short_" + heads.headDim());
    prompt =
        hasFullTiles(heads)
            ? attentionModule.kernel("attention_prompt_" + heads.headDim())
            : shortPrompt;
    DecodeShape largest = shape(maxDecodeRows);
    work = device.allocate(largest.workBytes());
    partials = device.allocate(largest.partialBytes(heads.headDim()));
    counters = device.allocate(largest.counterBytes(maxDecodeRows));
    device.clear(counters, largest.counterBytes(maxDecodeRows));
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
    int rows = tileRows(fine);
    int blockKeys = heads.headDim() > LARGEST_FULL_TILE_HEAD ? 32 : 64;
    int sharedBytes = (rows + 4 * blockKeys) * heads.headDim() * Short.BYTES;
    device.launch(
        rows == TILE_ROWS ? prompt : shortPrompt,
        new Grid(heads.kvHeads(), tileCount, 1, PROMPT_THREADS, sharedBytes),
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
   * multiprocessors idle.
   */
  boolean fineTiles(int tokens) {
    int tiles = Math.ceilDiv(tokens, tileTokens(false));
    return tiles * heads.kvHeads() < 2 * device.multiprocessors();
  }

  /** Tokens of a tile at most. */
  int tileTokens(boolean fine) {
    return tileRows(fine) / heads.group();
  }

  private int tileRows(boolean fine) {
    return fine || !hasFullTiles(heads) ? SHORT_TILE_ROWS : TILE_ROWS;
  }

  private static boolean hasFullTiles(AttentionHeads heads) {
    return heads.headDim() >= SMALLEST_FULL_TILE_HEAD && heads.headDim() <= LARGEST_FULL_TILE_HEAD;
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
    attentionModule.close();
    rotaryModule.close();
    planModule.close();
  }
}
