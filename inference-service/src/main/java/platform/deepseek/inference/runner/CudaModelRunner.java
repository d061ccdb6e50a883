package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.engine.ModelRunner;
import platform.deepseek.inference.engine.PendingStep;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.StepOutput;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.OrtBinding;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtRunOptions;
import platform.deepseek.inference.ort.OrtSession;
import platform.deepseek.inference.ort.OrtTensor;

/**
 * A decoder on a GPU by ONNX Runtime's own operators.
 *
 * <p>GroupQueryAttention takes many sequences with one token each, or one with many. So a step is
 * one run for all entries of one token, over the slots from 0 to the highest of them ({@link
 * SlotRows}), and one run for each longer piece of a prompt, over its slot alone. Logits are copied
 * to the host and sampled there.
 *
 * <p>cuBLAS chooses its algorithm by the size of a product, so here a row's logits depend on its
 * batch by rounding; on the processor they do not.
 */
public final class CudaModelRunner implements ModelRunner {

  /** GroupQueryAttention turns pairs of channels in groups of 8 on each half. */
  private static final int HEAD_MULTIPLE = 16;

  private static final int LARGEST_HEAD = 256;

  /**
   * How much of the device the runner takes.
   *
   * @param context tokens that a slot holds
   * @param slots KV slots, idle ones included
   * @param maxRows tokens of one step at most
   */
  public record Limits(int context, int slots, int maxRows) {}

  private final ModelConfig config;
  private final Limits limits;
  private final Device device;
  private final OrtMemory memory;
  private final Arena arena = Arena.ofShared();
  private final List<AutoCloseable> parts = new ArrayList<>();
  private final CudaKvCache cache;
  private final SlotRun decoding;
  private final SlotRun prompting;
  private final SlotRows slotRows;
  private final EntryResults results;
  private final DeviceRows logits;
  private final DeviceRows hidden;
  private final OrtRunOptions runOptions;
  private final LoadSpeed loadSpeed;
  private final MemorySegment ids;
  private final MemorySegment lengths;
  private final MemorySegment total;
  private final long idsAddress;
  private final long lengthsAddress;

  private CudaModelRunner(
      ModelWeights weights,
      CudaPrecision precision,
      Limits limits,
      Accelerator accelerator,
      IntConsumer uploaded) {
    this.config = weights.config();
    this.limits = limits;
    this.device = accelerator.device();
    this.memory = accelerator.memory();
    int maxRows = Math.max(limits.slots(), limits.maxRows());
    this.results = new EntryResults(weights);
    this.slotRows = new SlotRows(limits.slots());
    this.ids = device.pinned(arena, (long) maxRows * Long.BYTES);
    this.lengths = device.pinned(arena, (long) limits.slots() * Integer.BYTES);
    this.total = arena.allocate(ValueLayout.JAVA_INT);
    this.idsAddress = allocate(ids.byteSize());
    this.lengthsAddress = allocate(lengths.byteSize());
    this.logits = keep(new DeviceRows(arena, device, memory, maxRows, config.vocabulary()));
    this.hidden = keep(new DeviceRows(arena, device, memory, maxRows, config.hidden()));
    int positions = CudaKvCache.positions(limits.context());
    CudaGraph graph = new CudaGraph(config, precision, positions);
    CudaWeights uploads = keep(CudaWeights.upload(device, graph.weights(), weights, uploaded));
    this.loadSpeed = uploads.speed();
    this.cache = keep(new CudaKvCache(device, config, precision, limits.slots(), limits.context()));
    RotaryCaches rotary =
        keep(new RotaryCaches(device, precision, config.rope().inverseFrequencies(), positions));
    OrtSession session = keep(accelerator.sessions().load(graph.toBytes(), precision));
    this.decoding = new SlotRun(session, config, precision, memory, cache, uploads, rotary);
    this.prompting = new SlotRun(session, config, precision, memory, cache, uploads, rotary);
    // The runner waits itself, after the logits are on their way too.
    this.runOptions =
        OrtRunOptions.of(arena, Map.of("disable_synchronize_execution_providers", "1"));
    device.synchronize();
  }

  /**
   * Uploads the weights, allocates the cache and loads the session.
   *
   * @param weights needed during the call only, norms excepted
   * @param accelerator closed with the runner, also when loading fails
   * @param uploaded told the number of weights that are on the device
   * @throws IllegalArgumentException the model's shape does not fit the device's attention
   */
  public static CudaModelRunner load(
      ModelWeights weights,
      CudaPrecision precision,
      Limits limits,
      Accelerator accelerator,
      IntConsumer uploaded) {
    try {
      requireAttention(weights.config());
      return new CudaModelRunner(weights, precision, limits, accelerator, uploaded);
    } catch (RuntimeException | Error e) {
      // The process or the next try starts anew; what is left of this one goes with the context.
      accelerator.device().close();
      throw e;
    }
  }

  private static void requireAttention(ModelConfig config) {
    if (config.headDim() % HEAD_MULTIPLE != 0 || config.headDim() > LARGEST_HEAD) {
      throw new IllegalArgumentException(
          ("head size %d: attention on the GPU takes multiples of %d up to %d; serve this model"
                  + " with DEVICE=cpu")
              .formatted(config.headDim(), HEAD_MULTIPLE, LARGEST_HEAD));
    }
  }

  /** Bytes of the device that the weights of such a model take. */
  public static long weightBytes(ModelConfig config, CudaPrecision precision) {
    return CudaWeights.bytes(CudaWeight.all(config, precision, CudaPrecision.FP16));
  }

  /** Bytes of the device that a token's keys and values take. */
  public static long tokenBytes(ModelConfig config, CudaPrecision precision) {
    return KvLayout.tokenBytes(config, precision);
  }

  /** How fast the weights came to the device. */
  public LoadSpeed loadSpeed() {
    return loadSpeed;
  }

  @Override
  public int vocabularySize() {
    return config.vocabulary();
  }

  @Override
  public int contextLength() {
    return limits.context();
  }

  @Override
  public int slots() {
    return limits.slots();
  }

  @Override
  public int embeddingLength() {
    return config.hidden();
  }

  @Override
  public int stepsAhead() {
    return 1;
  }

  /** Computes at once. */
  @Override
  public PendingStep start(Step step) {
    StepOutput.Result[] all = new StepOutput.Result[step.entries().size()];
    List<Integer> single = new ArrayList<>();
    for (int e = 0; e < all.length; e++) {
      if (step.entries().get(e).count() == 1) {
        single.add(e);
      }
    }
    if (!single.isEmpty()) {
      decode(step, single, all);
    }
    for (int e = 0; e < all.length; e++) {
      if (step.entries().get(e).count() > 1) {
        all[e] = prompt(step.entries().get(e));
      }
    }
    return PendingStep.of(new StepOutput(Arrays.asList(all)));
  }

  /** One token each, for all of these entries together. */
  private void decode(Step step, List<Integer> single, StepOutput.Result[] all) {
    List<Step.Entry> entries = single.stream().map(step.entries()::get).toList();
    SlotRows.Decode batch = slotRows.decode(entries);
    logits.clear();
    hidden.clear();
    for (int i = 0; i < batch.rows().length; i++) {
      want(entries.get(i), batch.rows()[i]);
    }
    MemorySegment.copy(batch.ids(), 0, ids, ValueLayout.JAVA_LONG, 0, batch.ids().length);
    MemorySegment.copy(
        batch.lengths(), 0, lengths, ValueLayout.JAVA_INT, 0, batch.lengths().length);
    run(decoding, 0, batch.ids().length, 1, batch.total());
    int output = 0;
    int hiddenOutput = 0;
    for (int i = 0; i < entries.size(); i++) {
      Step.Entry entry = entries.get(i);
      slotRows.holds(entry.sequence().slot(), entry.from() + 1);
      all[single.get(i)] = results.of(entry, logits, output, hidden, hiddenOutput);
      output += EntryResults.logitRows(entry);
      hiddenOutput += EntryResults.hiddenRows(entry);
    }
  }

  /** A piece of a prompt. */
  private StepOutput.Result prompt(Step.Entry entry) {
    if (entry.count() > limits.maxRows()) {
      throw new IllegalArgumentException(
          "a step of %,d tokens, the runner takes %,d".formatted(entry.count(), limits.maxRows()));
    }
    int end = entry.from() + entry.count();
    logits.clear();
    hidden.clear();
    want(entry, 0);
    for (int i = 0; i < entry.count(); i++) {
      ids.setAtIndex(ValueLayout.JAVA_LONG, i, entry.sequence().token(entry.from() + i));
    }
    lengths.setAtIndex(ValueLayout.JAVA_INT, 0, end - 1);
    run(prompting, entry.sequence().slot(), 1, entry.count(), end);
    slotRows.holds(entry.sequence().slot(), end);
    return results.of(entry, logits, 0, hidden, 0);
  }

  /** Asks for what the entry needs of its rows, the first of which is {@code row}. */
  private void want(Step.Entry entry, int row) {
    for (int i = entry.count() - EntryResults.logitRows(entry); i < entry.count(); i++) {
      logits.add(row + i);
    }
    for (int i = 0; i < EntryResults.hiddenRows(entry); i++) {
      hidden.add(row + i);
    }
  }

  private void run(SlotRun run, int firstSlot, int rows, int sequence, int attended) {
    OrtBinding binding = run.binding();
    run.over(firstSlot, rows);
    device.upload(idsAddress, ids.asSlice(0, (long) rows * sequence * Long.BYTES));
    device.upload(lengthsAddress, lengths.asSlice(0, (long) rows * Integer.BYTES));
    total.set(ValueLayout.JAVA_INT, 0, attended);
    try (Arena call = Arena.ofConfined()) {
      binding.input(
          CudaGraph.IDS, OrtTensor.at(call, memory, idsAddress, ElementType.INT64, rows, sequence));
      binding.input(
          CudaGraph.LENGTHS, OrtTensor.at(call, memory, lengthsAddress, ElementType.INT32, rows));
      binding.input(CudaGraph.TOTAL, OrtTensor.over(call, total, ElementType.INT32, 1));
    }
    logits.bind(binding, CudaGraph.LOGIT_ROWS, CudaGraph.LOGITS);
    hidden.bind(binding, CudaGraph.HIDDEN_ROWS, CudaGraph.HIDDEN);
    binding.run(runOptions);
    logits.fetch();
    hidden.fetch();
    device.synchronize();
  }

  /** The logits of an output row of the last run: vocabulary float32. */
  MemorySegment logits(int output) {
    return logits.get(output, config.vocabulary());
  }

  @Override
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {
    cache.copyPrefix(fromSlot, toSlot, tokens);
    slotRows.holds(toSlot, tokens);
  }

  /** Slots are allocated whole, so there is nothing to give back. */
  @Override
  public void trim(int slot, int tokens) {}

  private long allocate(long bytes) {
    long address = device.allocate(bytes);
    parts.add(() -> device.free(address));
    return address;
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.add(part);
    return part;
  }

  @Override
  public void close() {
    device.synchronize();
    for (AutoCloseable part : parts.reversed()) {
      try {
        part.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    arena.close();
    device.close();
  }
}
