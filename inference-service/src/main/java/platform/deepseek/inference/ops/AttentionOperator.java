package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelContext;
import platform.deepseek.inference.ort.KernelInfo;
import platform.deepseek.inference.ort.OperatorKernel;

/**
 * Operator {@code Attention}: grouped-query attention (arXiv 2305.13245) with rotary positions over
 * a {@link KvCache} that Java owns, for any mix of sequences and lengths in one run.
 *
 * <p>Rows are packed; which sequences they belong to is told by {@link #begin} before the run, so
 * the graph has no cache inputs or outputs. The work is cut into tasks of one sequence, one
 * key-value head and a few positions. A decoding sequence's task stores its own key and value and
 * attends at once; a prompt's keys and values are stored before its tasks start, since its later
 * positions attend to its earlier ones.
 *
 * <ul>
 *   <li>inputs: qkv [rows, (heads + 2 * kvHeads) * headSize]; gamma of the query norm and of the
 *       key norm [headSize] (Qwen3), both or neither
 *   <li>attributes: layer, normed (1 with the two norms)
 *   <li>output: [rows, heads * headSize]
 * </ul>
 */
final class AttentionOperator implements AttendingOperator {

  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** Positions of a prompt in one task: enough to fill tiles, few enough to share out evenly. */
  private static final int POSITIONS_PER_TASK = 16;

  private final DecoderShape shape;
  private final KvCache cache;
  private final RotaryTable rotary;
  private final AttentionProducts products;
  private final Workspace workspace;
  private final int scoreStride;
  private final float scale;

  private RaggedBatch batch;

  /** Of each task: entry, key-value head, first row inside the entry, rows. */
  private int[] tasks = new int[0];

  private int taskCount;

  AttentionOperator(DecoderShape shape, int slots) {
    this.shape = shape;
    this.cache =
        new KvCache(shape.layers(), slots, shape.kvHeads(), shape.headSize(), shape.context());
    this.rotary = new RotaryTable(shape.inverseFrequencies(), shape.magnitude(), shape.context());
    // One block more than the context: rows that are a power of two apart would share cache sets.
    this.scoreStride = (KvCache.blocks(shape.context()) + 1) * AttentionKernel.BLOCK * Float.BYTES;
    this.products = AttentionProducts.best(shape.headSize(), scoreStride);
    this.workspace =
        new Workspace(
            (long) AttentionKernel.QUERIES * (scoreStride + 2L * shape.headSize() * Float.BYTES));
    this.scale = (float) (1 / Math.sqrt(shape.headSize()));
  }

  @Override
  public AttentionCache cache() {
    return cache;
  }

  @Override
  public void begin(RaggedBatch batch) {
    this.batch = batch;
    taskCount = 0;
    for (int entry = 0; entry < batch.entries(); entry++) {
      int count = batch.counts()[entry];
      for (int first = 0; first < count; first += POSITIONS_PER_TASK) {
        for (int head = 0; head < shape.kvHeads(); head++) {
          addTask(entry, head, first, Math.min(POSITIONS_PER_TASK, count - first));
        }
      }
    }
  }

  private void addTask(int entry, int head, int first, int rows) {
    if (tasks.length < 4 * (taskCount + 1)) {
      tasks = java.util.Arrays.copyOf(tasks, Math.max(64, 2 * tasks.length));
    }
    int at = 4 * taskCount++;
    tasks[at] = entry;
    tasks[at + 1] = head;
    tasks[at + 2] = first;
    tasks[at + 3] = rows;
  }

  @Override
  public CustomOperator operator() {
    return new CustomOperator(
        "Attention",
        List.of(ElementType.FLOAT, ElementType.FLOAT, ElementType.FLOAT),
        2,
        List.of(ElementType.FLOAT),
        this::kernel);
  }

  private OperatorKernel kernel(KernelInfo info) {
    int layer = info.attribute("layer");
    boolean normed = info.attribute("normed") != 0;
    return context -> compute(context, layer, normed);
  }

  private void compute(KernelContext context, int layer, boolean normed) {
    int rows = context.rows(0);
    Run run =
        new Run(
            layer,
            context.input(0),
            normed ? context.input(1) : 0,
            normed ? context.input(2) : 0,
            context.output(0, rows, (long) shape.heads() * shape.headSize()));
    boolean prompts = taskCount > batch.entries() * shape.kvHeads() || rows > batch.entries();
    if (prompts) {
      context.parallel(taskCount, task -> store(run, task));
    }
    context.parallel(
        taskCount,
        task -> {
          if (!prompts) {
            store(run, task);
          }
          attend(run, task);
        });
  }

  /** One node's addresses. */
  private record Run(int layer, long qkv, long queryGamma, long keyGamma, long output) {}

  private void store(Run run, int task) {
    int entry = tasks[4 * task];
    int head = tasks[4 * task + 1];
    int first = tasks[4 * task + 2];
    int slot = batch.slots()[entry];
    long keys = cache.keys(run.layer, slot, head);
    long values = cache.values(run.layer, slot, head);
    int headSize = shape.headSize();
    long headBytes = (long) headSize * Float.BYTES;
    long rotated = workspace.address();
    for (int i = first; i < first + tasks[4 * task + 3]; i++) {
      int position = batch.starts()[entry] + i;
      long row = run.qkv + rowBytes() * (batch.rowOffsets()[entry] + i);
      long key = row + headBytes * (shape.heads() + head);
      rotate(key, rotated, run.keyGamma, position, 1);
      long block = keys + headBytes * (position & -AttentionKernel.BLOCK);
      long lane = block + 4L * (position & AttentionKernel.BLOCK - 1);
      for (int d = 0; d < headSize; d++) {
        MEMORY.set(
            ValueLayout.JAVA_FLOAT,
            lane + 4L * AttentionKernel.BLOCK * d,
            MEMORY.get(ValueLayout.JAVA_FLOAT, rotated + 4L * d));
      }
      long value = row + headBytes * (shape.heads() + shape.kvHeads() + head);
      MemorySegment.copy(MEMORY, value, MEMORY, values + headBytes * position, headBytes);
    }
  }

  /** Queries of a task, position by position and head by head, in tiles of up to 6. */
  private void attend(Run run, int task) {
    int entry = tasks[4 * task];
    int head = tasks[4 * task + 1];
    int first = tasks[4 * task + 2];
    int group = shape.heads() / shape.kvHeads();
    int queries = tasks[4 * task + 3] * group;
    int slot = batch.slots()[entry];
    long keys = cache.keys(run.layer, slot, head);
    long values = cache.values(run.layer, slot, head);
    long headBytes = (long) shape.headSize() * Float.BYTES;
    long scores = workspace.address();
    long rotated = scores + (long) AttentionKernel.QUERIES * scoreStride;
    long attended = rotated + AttentionKernel.QUERIES * headBytes;
    int firstRow = batch.rowOffsets()[entry] + first;
    int firstPosition = batch.starts()[entry] + first;
    for (int done = 0; done < queries; done += AttentionKernel.QUERIES) {
      int tile = Math.min(AttentionKernel.QUERIES, queries - done);
      for (int q = 0; q < tile; q++) {
        int i = (done + q) / group;
        long query =
            run.qkv + rowBytes() * (firstRow + i) + headBytes * (head * group + (done + q) % group);
        rotate(query, rotated + q * headBytes, run.queryGamma, firstPosition + i, scale);
      }
      int length = firstPosition + (done + tile - 1) / group + 1;
      products.scores(tile, rotated, keys, scores, KvCache.blocks(length));
      for (int q = 0; q < tile; q++) {
        int own = firstPosition + (done + q) / group + 1;
        Elementwise.softmax(MEMORY, scores + (long) q * scoreStride, own, length);
      }
      MEMORY.asSlice(attended, tile * headBytes).fill((byte) 0);
      for (int position = 0; position < length; position += AttentionKernel.POSITIONS) {
        products.weigh(
            tile,
            scores + 4L * position,
            values + headBytes * position,
            attended,
            Math.min(AttentionKernel.POSITIONS, length - position));
      }
      for (int q = 0; q < tile; q++) {
        long target =
            run.output
                + headBytes * shape.heads() * (firstRow + (done + q) / group)
                + headBytes * (head * group + (done + q) % group);
        MemorySegment.copy(MEMORY, attended + q * headBytes, MEMORY, target, headBytes);
      }
    }
  }

  private void rotate(long source, long target, long gamma, int position, float factor) {
    long from = source;
    if (gamma != 0) {
      Elementwise.rmsNorm(MEMORY, source, gamma, target, shape.headSize(), shape.epsilon());
      from = target;
    }
    rotary.rotate(MEMORY, from, target, position, factor);
  }

  private long rowBytes() {
    return (long) (shape.heads() + 2 * shape.kvHeads()) * shape.headSize() * Float.BYTES;
  }

  @Override
  public void close() {
    products.close();
    workspace.close();
    cache.close();
  }
}
