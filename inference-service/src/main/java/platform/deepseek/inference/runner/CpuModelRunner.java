package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.engine.ModelRunner;
import platform.deepseek.inference.engine.PendingStep;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.StepOutput;
import platform.deepseek.inference.engine.prefix.SlotBlocks;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ops.AttentionCache;
import platform.deepseek.inference.ops.BlockMatrix;
import platform.deepseek.inference.ops.DecoderOperators;
import platform.deepseek.inference.ops.EmbeddingTable;
import platform.deepseek.inference.ops.ExpertLayer;
import platform.deepseek.inference.ops.RaggedBatch;
import platform.deepseek.inference.ops.StagingMemory;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.OrtException;
import platform.deepseek.inference.ort.OrtSession;
import platform.deepseek.inference.ort.OrtTensor;

/**
 * A decoder on the CPU: one ONNX Runtime session over packed rows. A step of any mix of prompts and
 * single tokens is one run, so the weights are read once for all of them.
 */
public final class CpuModelRunner implements ModelRunner {

  /**
   * How much of the machine the runner takes.
   *
   * @param context tokens that a slot holds
   * @param slots KV slots, idle ones included
   * @param maxRows tokens of one step at most
   * @param threads that compute
   */
  public record Limits(int context, int slots, int maxRows, int threads) {}

  /** With the token before them as many rows as the products' kernels take at once. */
  private static final int DRAFT_TOKENS = 7;

  private final ModelConfig config;
  private final Limits limits;
  private final Arena arena;
  private final DecoderOperators operators;
  private final OrtSession session;
  private final MemorySegment ids;
  private final OutputRows logits;
  private final OutputRows hidden;
  private final EntryResults results;
  private final HeldTokens held;
  private final int draftTokens;

  private CpuModelRunner(
      ModelWeights weights,
      Precision precision,
      Limits limits,
      Arena arena,
      DecoderOperators operators,
      OrtSession session,
      int logitWidth) {
    this.config = weights.config();
    this.limits = limits;
    this.arena = arena;
    this.operators = operators;
    this.session = session;
    this.results = new EntryResults(weights);
    this.held = new HeldTokens(limits.slots());
    this.draftTokens = precision == Precision.FP32 ? 0 : DRAFT_TOKENS;
    this.ids = arena.allocate(ValueLayout.JAVA_LONG, limits.maxRows());
    this.logits = new OutputRows(arena, limits.maxRows(), logitWidth);
    this.hidden = new OutputRows(arena, limits.maxRows(), config.hidden());
  }

  /**
   * Builds the graph, packs or maps the weights, and loads the session.
   *
   * @param weights of a checkpoint that stays open as long as the runner
   * @param packed told the number of matrices packed so far
   */
  public static CpuModelRunner load(
      ModelWeights weights, Precision precision, Limits limits, IntConsumer packed) {
    ModelConfig config = weights.config();
    OnnxGraph graph = new OnnxGraph("decoder");
    Arena arena = Arena.ofShared();
    List<BlockMatrix> matrices = List.of();
    Map<String, OrtTensor> converted = Map.of();
    int logitWidth = config.vocabulary();
    if (precision == Precision.FP32) {
      FloatProducts products = new FloatProducts(weights, graph, arena);
      DecoderGraph.build(weights, graph, products);
      converted = products.converted();
    } else {
      QuantizedProducts products = new QuantizedProducts(weights, graph, precision, packed);
      DecoderGraph.build(weights, graph, products);
      matrices = products.matrices();
      logitWidth = matrices.getLast().paddedOutputs();
    }
    List<ExpertLayer> experts = experts(weights, precision, packed);
    DecoderOperators operators =
        new DecoderOperators(
            LatentWeights.attention(weights, precision, limits.context()),
            embedding(weights),
            new DecoderOperators.Weights(matrices, experts),
            limits.slots(),
            limits.maxRows(),
            limits.threads());
    Path folder = weights.tensor(WeightRole.EMBEDDING).file().toAbsolutePath().getParent();
    OrtSession session =
        OrtSession.load(
            graph.toBytes(),
            operators.domain(),
            converted,
            limits.threads(),
            Map.of(
                "session.model_external_initializers_file_folder_path",
                folder.toString(),
                // Long enough for the gaps inside a step, short enough to leave an idle core alone.
                "session.intra_op.spin_duration_us",
                "1000"));
    return new CpuModelRunner(weights, precision, limits, arena, operators, session, logitWidth);
  }

  private static List<ExpertLayer> experts(
      ModelWeights weights, Precision precision, IntConsumer packed) {
    ModelConfig config = weights.config();
    ExpertWeights expertWeights = new ExpertWeights(weights, precision);
    List<ExpertLayer> layers = new ArrayList<>();
    int done = PackedMatrices.ofGraph(config);
    for (int layer = 0; layer < config.layers(); layer++) {
      if (config.sparse(layer)) {
        layers.add(expertWeights.pack(layer));
        done += PackedMatrices.ofExperts(config, layer);
        packed.accept(done);
      }
    }
    return layers;
  }

  private static EmbeddingTable embedding(ModelWeights weights) {
    return new EmbeddingTable() {
      @Override
      public int width() {
        return weights.config().hidden();
      }

      @Override
      public void read(int token, float[] row) {
        weights.row(WeightRole.EMBEDDING, 0, token, row, 0);
      }
    };
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

  /** None in float32, where a row's logits depend on its step. */
  @Override
  public int draftTokens() {
    return draftTokens;
  }

  /** Computes at once. */
  @Override
  public PendingStep start(Step step) {
    int rows = step.tokens();
    if (rows > limits.maxRows()) {
      throw new IllegalArgumentException(
          "a step of %,d tokens, the runner takes %,d".formatted(rows, limits.maxRows()));
    }
    place(step);
    RaggedBatch batch = batch(step);
    operators.begin(batch);
    held.computed(batch);
    run(rows);
    return PendingStep.of(results(step));
  }

  private void run(int rows) {
    try (Arena call = Arena.ofConfined()) {
      session.run(
          Map.of(
              DecoderGraph.IDS, OrtTensor.over(call, ids, ElementType.INT64, rows, 1),
              DecoderGraph.LOGIT_ROWS, logits.rows(call),
              DecoderGraph.HIDDEN_ROWS, hidden.rows(call)),
          Map.of(
              DecoderGraph.LOGITS, logits.values(call),
              DecoderGraph.HIDDEN, hidden.values(call)));
    } catch (InternalError | OrtException failure) {
      throw MappedFaults.translated(failure);
    }
  }

  /** Writes ids and the rows whose logits or hidden states are wanted. */
  private void place(Step step) {
    logits.clear();
    hidden.clear();
    int row = 0;
    for (Step.Entry entry : step.entries()) {
      for (int i = 0; i < entry.count(); i++) {
        ids.setAtIndex(ValueLayout.JAVA_LONG, row + i, entry.token(entry.from() + i));
      }
      int wanted = EntryResults.logitRows(entry);
      for (int i = entry.count() - wanted; i < entry.count(); i++) {
        logits.add(row + i);
      }
      for (int i = 0; entry.embeds() && i < entry.count(); i++) {
        hidden.add(row + i);
      }
      row += entry.count();
    }
    logits.prepare();
    hidden.prepare();
  }

  private static RaggedBatch batch(Step step) {
    int entries = step.entries().size();
    int[] slots = new int[entries];
    int[] starts = new int[entries];
    int[] counts = new int[entries];
    for (int e = 0; e < entries; e++) {
      Step.Entry entry = step.entries().get(e);
      slots[e] = entry.sequence().slot();
      starts[e] = entry.from();
      counts[e] = entry.count();
    }
    return RaggedBatch.of(slots, starts, counts);
  }

  private StepOutput results(Step step) {
    List<StepOutput.Result> of = new ArrayList<>(step.entries().size());
    int output = 0;
    int hiddenOutput = 0;
    for (Step.Entry entry : step.entries()) {
      StepOutput.Result result = results.of(entry, logits, output, hidden, hiddenOutput);
      of.add(result);
      int right = Math.max(0, result.samples().size() - 1);
      held.hold(entry.sequence().slot(), entry.from() + entry.certain() + right);
      output += EntryResults.logitRows(entry);
      hiddenOutput += EntryResults.hiddenRows(entry);
    }
    return new StepOutput(of);
  }

  /** The logits of an output row of the last run: vocabulary float32. */
  MemorySegment logits(int output) {
    return logits.get(output, config.vocabulary());
  }

  @Override
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {
    operators.cache().copyPrefix(fromSlot, toSlot, tokens);
    held.hold(toSlot, tokens);
  }

  @Override
  public void trim(int slot, int tokens) {
    operators.cache().trim(slot, tokens);
    held.trim(slot, tokens);
  }

  @Override
  public Optional<KvMemory> kvMemory() {
    return Optional.of(held.in(operators.cache()));
  }

  @Override
  public Optional<SlotBlocks> slotBlocks() {
    AttentionCache cache = operators.cache();
    return Optional.of(
        new SlotBlocks() {
          @Override
          public String layout() {
            return cache.layout();
          }

          @Override
          public int bytes(int tokens) {
            return Math.toIntExact(cache.bytes(tokens));
          }

          @Override
          public MemorySegment staging(Arena arena, long bytes) {
            return StagingMemory.of(arena, bytes);
          }

          @Override
          public void read(int slot, int from, int tokens, MemorySegment target) {
            cache.read(slot, from, tokens, target);
          }

          @Override
          public void write(int slot, int from, int tokens, MemorySegment source) {
            cache.write(slot, from, tokens, source);
          }
        });
  }

  @Override
  public void close() {
    session.close();
    operators.close();
    logits.close();
    hidden.close();
    arena.close();
  }
}
