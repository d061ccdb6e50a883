package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelContext;

/**
 * Operator {@code LatentAttention}: multi-head latent attention (DeepSeek-V2, arXiv 2405.04434) in
 * its absorbed form, over a {@link LatentCache} that Java owns, for any mix of sequences and
 * lengths in one run.
 *
 * <p>A head's key is a product of the token's latent, so a query's product with it is the same as
 * the product of the latent with a query that was multiplied with the key's matrix first; and the
 * value's matrix can be applied after latents were weighed. So a token leaves only its latent and
 * the turned part of its key, and nothing is ever expanded to full heads. For prompts, expanding
 * keys and values would take fewer operations (about a third for the published shapes). It is not
 * done: the two forms round differently, so a token's latents in deeper layers, and with them later
 * answers, would depend on whether it was once decoded or is now part of a prompt.
 *
 * <p>All heads share the latents, so the roles of queries and keys in {@link AttentionKernel} are
 * swapped: 16 heads lie across the registers and cached rows are broadcast. That way the cache
 * needs one layout for both products.
 *
 * <ul>
 *   <li>inputs: q [rows, heads * (contentDim + rotaryDim)]; kv [rows, rank + rotaryDim], the latent
 *       before its norm; gamma of that norm [rank]
 *   <li>attribute: layer
 *   <li>output: [rows, heads * valueDim]
 * </ul>
 */
final class LatentAttentionOperator implements AttendingOperator {

  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** Queries (heads of rows) of one task: whole blocks of lanes, and whole tiles of values. */
  private static final int LANES = 48;

  private static final int BLOCK = AttentionKernel.BLOCK;

  private final LatentShape shape;
  private final int threads;
  private final LatentCache cache;
  private final RotaryTable rotary;
  private final AttentionProducts scores;
  private final AttentionProducts weigh;
  private final Workspace workspace;
  private final List<Layer> layers;
  private final int weightStride;
  private final long widthBytes;
  private final MemorySegment contents;
  private final MemorySegment queries;
  private final MemorySegment attended;
  private final GroupedProduct.Rows headRows;

  private RaggedBatch batch;

  /** Of each task: entry, first row inside the entry, rows, first head, heads. */
  private int[] tasks = new int[0];

  private int taskCount;

  /** A layer's products of all heads. */
  private record Layer(GroupedProduct keys, GroupedProduct values) {}

  LatentAttentionOperator(LatentShape shape, int slots, int maxRows, int threads) {
    this.shape = shape;
    this.threads = threads;
    this.cache = new LatentCache(shape.layers().size(), slots, shape.width(), shape.context());
    this.rotary = new RotaryTable(shape.inverseFrequencies(), shape.magnitude(), shape.context());
    // One block more than the context: rows that are a power of two apart would share cache sets.
    this.weightStride = (KvCache.blocks(shape.context()) + 1) * BLOCK * Float.BYTES;
    this.widthBytes = (long) shape.width() * Float.BYTES;
    this.scores = AttentionProducts.best(shape.width(), LANES * Float.BYTES);
    this.weigh = AttentionProducts.best(shape.rank(), weightStride, (int) widthBytes);
    this.workspace = new Workspace(Scratch.bytes(shape, weightStride));
    this.layers =
        shape.layers().stream()
            .map(
                layer ->
                    new Layer(
                        GroupedProduct.of(layer.keys(), shape.heads(), threads),
                        GroupedProduct.of(layer.values(), shape.heads(), threads)))
            .toList();
    long lanes = (long) maxRows * shape.heads();
    contents = NativeMemory.reserve(lanes * most(LatentShape.Layer::keys));
    queries = NativeMemory.reserve(lanes * widthBytes);
    attended = NativeMemory.reserve(lanes * most(LatentShape.Layer::values));
    headRows =
        new GroupedProduct.Rows(
            IntStream.range(0, shape.heads()).toArray(), shape.heads(), new int[shape.heads() + 1]);
  }

  private int most(Function<LatentShape.Layer, WeightMatrix> matrix) {
    return shape.layers().stream()
        .mapToInt(layer -> matrix.apply(layer).activationBytes())
        .max()
        .orElseThrow();
  }

  /** Where a task's numbers lie in a thread's workspace. */
  private record Scratch(long packed, long scores, long weights, long attended) {

    static long bytes(LatentShape shape, int weightStride) {
      Scratch end = at(0, shape, weightStride);
      return end.attended + (long) AttentionKernel.QUERIES * shape.rank() * Float.BYTES;
    }

    static Scratch at(long address, LatentShape shape, int weightStride) {
      // A block more than the lanes: kernels ask for what lies ahead.
      long packedBytes = (long) (LANES + BLOCK) * shape.width() * Float.BYTES;
      long scoreBytes = (long) AttentionKernel.QUERIES * LANES * Float.BYTES;
      long weights = address + packedBytes + scoreBytes;
      return new Scratch(
          address, address + packedBytes, weights, weights + (long) LANES * weightStride);
    }
  }

  @Override
  public AttentionCache cache() {
    return cache;
  }

  @Override
  public void begin(RaggedBatch batch) {
    this.batch = batch;
    taskCount = 0;
    int together = Math.min(shape.heads(), BLOCK);
    if (batch.entries() * Math.ceilDiv(shape.heads(), together) < threads) {
      together = Math.ceilDiv(together, 2);
    }
    int rowsTogether = LANES / together;
    int rows = 0;
    for (int entry = 0; entry < batch.entries(); entry++) {
      int count = batch.counts()[entry];
      for (int first = 0; first < count; first += rowsTogether) {
        for (int head = 0; head < shape.heads(); head += together) {
          addTask(
              entry,
              first,
              Math.min(rowsTogether, count - first),
              head,
              Math.min(together, shape.heads() - head));
        }
      }
      rows += count;
    }
    for (int head = 0; head <= shape.heads(); head++) {
      headRows.offsets()[head] = head * rows;
    }
  }

  private void addTask(int... task) {
    if (tasks.length < 5 * (taskCount + 1)) {
      tasks = Arrays.copyOf(tasks, Math.max(80, 2 * tasks.length));
    }
    System.arraycopy(task, 0, tasks, 5 * taskCount++, task.length);
  }

  @Override
  public CustomOperator operator() {
    return new CustomOperator(
        "LatentAttention",
        List.of(ElementType.FLOAT, ElementType.FLOAT, ElementType.FLOAT),
        0,
        List.of(ElementType.FLOAT),
        info -> {
          int layer = info.attribute("layer");
          return context -> compute(context, layer);
        });
  }

  private void compute(KernelContext context, int layer) {
    int rows = context.rows(0);
    long q = context.input(0);
    long kv = context.input(1);
    long gamma = context.input(2);
    int valueBytes = shape.valueDim() * Float.BYTES;
    long outputStride = (long) shape.heads() * valueBytes;
    long output = context.output(0, rows, (long) shape.heads() * shape.valueDim());
    Layer products = layers.get(layer);
    context.parallel(batch.entries(), entry -> store(layer, entry, kv, gamma));
    context.parallel(shape.heads(), head -> prepareQueries(products.keys.matrix(), head, rows, q));
    long queryStride = shape.heads() * widthBytes;
    products.keys.multiply(
        context,
        headRows,
        contents.address(),
        head -> queries.address() + head * widthBytes,
        queryStride);
    context.parallel(taskCount, task -> attend(layer, products.values.matrix(), rows, task));
    products.values.multiply(
        context,
        headRows,
        attended.address(),
        head -> output + (long) head * valueBytes,
        outputStride);
  }

  /** An entry's latents and turned keys. */
  private void store(int layer, int entry, long kv, long gamma) {
    int slot = batch.slots()[entry];
    for (int i = 0; i < batch.counts()[entry]; i++) {
      int position = batch.starts()[entry] + i;
      long source = kv + widthBytes * (batch.rowOffsets()[entry] + i);
      long target = cache.at(layer, slot, position);
      Elementwise.rmsNorm(MEMORY, source, gamma, target, shape.rank(), shape.epsilon());
      long latentBytes = (long) shape.rank() * Float.BYTES;
      rotary.rotate(MEMORY, source + latentBytes, target + latentBytes, position, 1);
    }
  }

  /** A head's queries of all rows: the content for its product, the rest turned to its place. */
  private void prepareQueries(WeightMatrix keys, int head, int rows, long q) {
    int queryBytes = (shape.contentDim() + shape.rotaryDim()) * Float.BYTES;
    int row = 0;
    for (int entry = 0; entry < batch.entries(); entry++) {
      for (int i = 0; i < batch.counts()[entry]; i++, row++) {
        long lane = (long) row * shape.heads() + head;
        long source = q + lane * queryBytes;
        long content = (long) head * rows + row;
        keys.prepare(MEMORY, source, contents.address() + content * keys.activationBytes());
        rotary.rotate(
            MEMORY,
            source + (long) shape.contentDim() * Float.BYTES,
            queries.address() + lane * widthBytes + (long) shape.rank() * Float.BYTES,
            batch.starts()[entry] + i,
            1);
      }
    }
  }

  private void attend(int layer, WeightMatrix values, int rows, int task) {
    int entry = tasks[5 * task];
    int first = tasks[5 * task + 1];
    int rowCount = tasks[5 * task + 2];
    int firstHead = tasks[5 * task + 3];
    int heads = tasks[5 * task + 4];
    int firstRow = batch.rowOffsets()[entry] + first;
    int firstPosition = batch.starts()[entry] + first;
    int lanes = rowCount * heads;
    int length = firstPosition + rowCount;
    long cached = cache.at(layer, batch.slots()[entry], 0);
    Scratch scratch = Scratch.at(workspace.address(), shape, weightStride);
    for (int lane = 0; lane < lanes; lane++) {
      int row = firstRow + lane / heads;
      pack(
          queries.address() + ((long) row * shape.heads() + firstHead + lane % heads) * widthBytes,
          scratch.packed,
          lane);
    }
    score(scratch, lanes, length, cached);
    for (int lane = 0; lane < lanes; lane++) {
      int own = firstPosition + lane / heads + 1;
      Elementwise.softmax(MEMORY, scratch.weights + (long) lane * weightStride, own, length);
    }
    long rankBytes = (long) shape.rank() * Float.BYTES;
    for (int done = 0; done < lanes; done += AttentionKernel.QUERIES) {
      int tile = Math.min(AttentionKernel.QUERIES, lanes - done);
      weigh(scratch.weights + (long) done * weightStride, scratch.attended, tile, length, cached);
      for (int i = 0; i < tile; i++) {
        int lane = done + i;
        int head = firstHead + lane % heads;
        long place = (long) head * rows + firstRow + lane / heads;
        values.prepare(
            MEMORY,
            scratch.attended + i * rankBytes,
            attended.address() + place * values.activationBytes());
      }
    }
  }

  /** A query to its lane of the blocks of 16. Lanes that are not filled are never looked at. */
  private void pack(long query, long packed, int lane) {
    long target = packed + (long) (lane / BLOCK) * BLOCK * widthBytes + 4L * (lane % BLOCK);
    for (int d = 0; d < shape.width(); d++) {
      MEMORY.set(
          ValueLayout.JAVA_FLOAT,
          target + 4L * BLOCK * d,
          MEMORY.get(ValueLayout.JAVA_FLOAT, query + 4L * d));
    }
  }

  private void score(Scratch scratch, int lanes, int length, long cached) {
    int blocks = Math.ceilDiv(lanes, BLOCK);
    for (int position = 0; position < length; position += AttentionKernel.QUERIES) {
      int tile = Math.min(AttentionKernel.QUERIES, length - position);
      scores.scores(tile, cached + position * widthBytes, scratch.packed, scratch.scores, blocks);
      for (int lane = 0; lane < lanes; lane++) {
        long target = scratch.weights + (long) lane * weightStride + 4L * position;
        for (int i = 0; i < tile; i++) {
          float score =
              MEMORY.get(ValueLayout.JAVA_FLOAT, scratch.scores + 4L * (i * LANES + lane));
          MEMORY.set(ValueLayout.JAVA_FLOAT, target + 4L * i, score * shape.scoreScale());
        }
      }
    }
  }

  private void weigh(long weights, long target, int tile, int length, long cached) {
    MEMORY.asSlice(target, (long) tile * shape.rank() * Float.BYTES).fill((byte) 0);
    for (int position = 0; position < length; position += AttentionKernel.POSITIONS) {
      weigh.weigh(
          tile,
          weights + 4L * position,
          cached + position * widthBytes,
          target,
          Math.min(AttentionKernel.POSITIONS, length - position));
    }
  }

  @Override
  public void close() {
    scores.close();
    weigh.close();
    workspace.close();
    cache.close();
    NativeMemory.free(contents);
    NativeMemory.free(queries);
    NativeMemory.free(attended);
    shape.layers().forEach(LatentShape.Layer::close);
  }
}
