package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Mark;
import platform.deepseek.inference.engine.DeviceMemoryException;
import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.engine.ModelRunner;
import platform.deepseek.inference.engine.PendingStep;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.StepOutput;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.ort.ElementType;

/**
 * A decoder on a GPU: one ONNX Runtime session over packed rows, and tokens sampled where the
 * logits are.
 *
 * <p>A step is queued and not waited for: rows go to the device in one copy, the graph runs, a
 * kernel samples, and only the chosen tokens come back. What a slot's step sampled stays on the
 * device too, so the next step can be queued before the host has seen it. A step of single tokens
 * is replayed from a recording ({@link DecodeGraphs}), which for a few of them has fused kernels
 * instead of the session's ({@link FewRowsDecoder}); any other mix is queued kernel by kernel,
 * which its larger products hide.
 *
 * <p>cuBLAS chooses its algorithm by the size of a product, so here a row's logits depend on its
 * batch by rounding; on the processor they do not.
 */
public final class CudaModelRunner implements ModelRunner {

  /**
   * How much of the device the runner takes.
   *
   * @param context tokens that a slot holds
   * @param slots KV slots, idle ones included
   * @param maxBatch sequences of one step at most
   * @param maxRows tokens of one step at most
   * @param cacheBytes of the KV cache at most, all slots together
   */
  public record Limits(int context, int slots, int maxBatch, int maxRows, long cacheBytes) {

    /** As many sequences as slots, each as long as can be. */
    public static Limits of(int context, int slots, int maxRows) {
      return new Limits(context, slots, slots, maxRows, Long.MAX_VALUE / 2);
    }
  }

  private static final int STEPS_AHEAD = 2;

  private final ModelConfig config;
  private final Limits limits;
  private final Device device;
  private final Arena arena = Arena.ofShared();
  private final List<AutoCloseable> parts = new ArrayList<>();
  private final PagedKvCache cache;
  private final TiledAttention attention;
  private final GraphDecoder graph;
  private final Optional<FewRowsDecoder> fewRows;
  private final CudaBatch singles;
  private final CudaBatch mixed;
  private final DecodeGraphs graphs;
  private final DeviceSampler sampler;
  private final EntryResults results;
  private final HostRows scores;
  private final HostRows hidden;
  private final ElementType logitsType;
  private final long logits;
  private final long lastTokens;
  private final LoadSpeed loadSpeed;
  private final Mark[] ends = new Mark[STEPS_AHEAD];
  private int turn;
  private int underWay;

  private CudaModelRunner(
      ModelWeights weights,
      CudaNumbers numbers,
      Limits limits,
      Accelerator accelerator,
      IntConsumer uploaded) {
    CudaPrecision precision = numbers.elements();
    this.config = weights.config();
    this.limits = limits;
    this.device = accelerator.device();
    this.logitsType = precision.head().elementType;
    this.results = new EntryResults(weights);
    this.graphs = new DecodeGraphs(device, limits.maxBatch());
    CudaWeights uploads =
        keep(CudaWeights.upload(device, weights(config, numbers), weights, uploaded));
    this.loadSpeed = uploads.speed();
    this.cache =
        keep(
            new PagedKvCache(
                device, config, precision, limits.slots(), limits.context(), limits.cacheBytes()));
    RotaryCaches rotary =
        keep(
            new RotaryCaches(
                device,
                config.rope().inverseFrequencies(),
                config.rope().magnitude(),
                limits.context() + 1));
    int maxRows = Math.max(limits.maxBatch(), limits.maxRows());
    this.attention = attention(precision, uploads, rotary, maxRows);
    for (int i = 0; i < ends.length; i++) {
      ends[i] = keep(device.mark());
    }
    this.lastTokens = allocate(Integer.BYTES * (limits.slots() + 1L));
    device.clear(lastTokens, Integer.BYTES * (limits.slots() + 1L));
    this.logits = allocate((long) limits.maxBatch() * config.vocabulary() * logitsType.bytes());
    this.singles = keep(new CudaBatch(arena, device, limits.maxBatch(), 0));
    this.mixed =
        keep(new CudaBatch(arena, device, maxRows, attention.maxTiles(maxRows, limits.maxBatch())));
    this.scores = keep(new HostRows(device, logitsType, config.vocabulary()));
    this.hidden = keep(new HostRows(device, ElementType.FLOAT, config.hidden()));
    this.sampler = keep(new DeviceSampler(device, limits.maxBatch(), config.vocabulary()));
    ElementwiseKernels elementwise = keep(new ElementwiseKernels(device, precision));
    SmallProducts products = keep(new SmallProducts(device, precision, numbers.matrices()));
    this.fewRows =
        attention instanceof CudaAttention heads && config.mixture().isEmpty()
            ? Optional.of(
                keep(
                    new FewRowsDecoder(
                        device,
                        config,
                        numbers,
                        uploads,
                        products,
                        heads,
                        elementwise,
                        lastTokens)))
            : Optional.empty();
    List<RowOperators> ofRows = new ArrayList<>(List.of(attention));
    if (config.mixture().isPresent()) {
      ofRows.add(keep(new CudaExperts(device, config, numbers, uploads, maxRows)));
    }
    CudaOperators operators =
        new CudaOperators(
            accelerator.provider(),
            config,
            precision,
            ofRows,
            uploads,
            products,
            elementwise,
            lastTokens);
    this.graph = keep(new GraphDecoder(accelerator, config, numbers, uploads, operators));
    keep(graphs);
    device.synchronize();
  }

  private TiledAttention attention(
      CudaPrecision precision, CudaWeights uploads, RotaryCaches rotary, int maxRows) {
    int singlesAtMost = limits.maxBatch();
    return keep(
        config.latent().isPresent()
            ? new CudaLatentAttention(
                device, config, precision, uploads, cache, rotary, maxRows, singlesAtMost)
            : new CudaAttention(
                device, config, precision, uploads, cache, rotary, maxRows, singlesAtMost));
  }

  /** Bytes of the device that the weights of such a model take. */
  public static long weightBytes(ModelConfig config, CudaNumbers numbers) {
    return CudaWeights.bytes(weights(config, numbers));
  }

  /**
   * Bytes of the device that matrices take while they are multiplied, beside those of their
   * weights: a quantised one is written as elements for many rows, when its predecessor's may not
   * have been given back. Experts are multiplied as they lie.
   */
  public static long matrixBytes(ModelConfig config, CudaNumbers numbers) {
    return weights(config, numbers).stream()
        .filter(weight -> weight.format().quantized() && !weight.roles().getFirst().ofExperts())
        .mapToLong(weight -> 2 * weight.elements() * numbers.elements().bytes())
        .max()
        .orElse(0);
  }

  private static List<CudaWeight> weights(ModelConfig config, CudaNumbers numbers) {
    return CudaWeight.all(config, numbers, numbers.elements().head());
  }

  /** Bytes of the device that a token's keys and values take. */
  public static long tokenBytes(ModelConfig config, CudaPrecision precision) {
    return KvLayout.tokenBytes(config, precision);
  }

  /**
   * Uploads the weights, reserves the cache and loads the session.
   *
   * @param weights needed during the call only, norms excepted
   * @param accelerator closed with the runner, also when loading fails
   * @param uploaded told the number of weights that are on the device
   * @throws IllegalArgumentException the model's shape does not fit the device's attention, or the
   *     blocks of quantised weights
   */
  public static CudaModelRunner load(
      ModelWeights weights,
      CudaNumbers numbers,
      Limits limits,
      Accelerator accelerator,
      IntConsumer uploaded) {
    try {
      CudaSupport.require(weights.config(), numbers);
      return new CudaModelRunner(weights, numbers, limits, accelerator, uploaded);
    } catch (RuntimeException | Error e) {
      // The process or the next try starts anew; what is left of this one goes with the context.
      accelerator.device().close();
      throw e;
    }
  }

  /**
   * Does once what the first requests would wait for: libraries choose kernels for the sizes of
   * steps, and runs of single tokens are recorded. Nothing in slots remains of it.
   *
   * @return recordings made
   */
  public int warmUp() {
    DeviceFailures.translated(
        () -> {
          graphs.recordAll(this::idle, rows -> runSingles());
          device.synchronize();
          return null;
        });
    WarmUp.prompts(this, Math.min(limits.maxRows(), limits.context()));
    return graphs.recordings();
  }

  /** Makes the batch of single tokens so many rows that belong to no sequence. */
  private void idle(int rows) {
    device.synchronize();
    EntryRows.singles(List.of(), singles, rows, cache.scratchSlot());
    singles.upload();
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
    return STEPS_AHEAD;
  }

  @Override
  public Optional<KvMemory> kvMemory() {
    return Optional.of(new KvMemory(cache.mappedBytes(), cache.usedBytes()));
  }

  /** How fast the weights came to the device. */
  public LoadSpeed loadSpeed() {
    return loadSpeed;
  }

  @Override
  public PendingStep start(Step step) {
    try {
      return DeviceFailures.translated(() -> queue(step));
    } catch (DeviceMemoryException e) {
      // The engine tries again with less; recordings are what we can do without.
      graphs.release();
      throw e;
    }
  }

  private PendingStep queue(Step step) {
    List<Step.Entry> entries = step.entries();
    cache.settle();
    for (Step.Entry entry : entries) {
      cache.ensure(entry.sequence().slot(), entry.from() + entry.count());
    }
    boolean replayable =
        entries.stream().allMatch(e -> e.count() == 1 && !e.scores() && !e.embeds());
    Queued queued = replayable ? decode(entries) : mix(entries);
    List<Step.Entry> sampling = new ArrayList<>();
    int[] sampled = new int[entries.size()];
    for (int e = 0; e < entries.size(); e++) {
      if (entries.get(e).samples()) {
        sampled[sampling.size()] = queued.rows().lastLogits(e);
        sampling.add(entries.get(e));
      }
    }
    Optional<DeviceSampler.Pending> samples =
        sampling.isEmpty()
            ? Optional.empty()
            : Optional.of(sampler.sample(sampling, sampled, queued.logits(), lastTokens));
    List<EntryResults.Prompt> prompts =
        queued.rows().onHost() ? prompts(entries, queued) : List.of();
    Mark end = ends[turn];
    end.record();
    turn = (turn + 1) % ends.length;
    underWay++;
    return () ->
        DeviceFailures.translated(
            () -> {
              end.await();
              underWay--;
              settle();
              return output(entries, samples, prompts);
            });
  }

  /** With nothing under way, memory that is not needed goes at once: no step may come for long. */
  private void settle() {
    if (underWay == 0) {
      device.synchronize();
      cache.settle();
    }
  }

  /** A queued run: whose rows, and the address of their logits. */
  private record Queued(EntryRows rows, long logits) {}

  /** One token of each sequence. */
  private Queued decode(List<Step.Entry> entries) {
    int count = graphs.rows(entries.size());
    EntryRows rows = EntryRows.singles(entries, singles, count, cache.scratchSlot());
    singles.upload();
    graphs.run(count, ignored -> runSingles());
    return new Queued(rows, logits);
  }

  private void runSingles() {
    if (fewRows.isPresent() && fewRows.get().takes(singles.rows())) {
      fewRows.get().run(singles, logits);
    } else {
      graph.run(singles, logits, hidden.address());
    }
  }

  /** Any entries. */
  private Queued mix(List<Step.Entry> entries) {
    EntryRows rows = EntryRows.mixed(entries, mixed);
    attention.cut(rows.pieces(), mixed);
    mixed.upload();
    long target = mixed.wanted() > limits.maxBatch() ? scores.reserve(mixed.wanted()) : logits;
    hidden.reserve(mixed.hidden());
    graph.run(mixed, target, hidden.address());
    return new Queued(rows, target);
  }

  /** Waits, because few requests ask for it: logits and hidden states of prompts, on the host. */
  private List<EntryResults.Prompt> prompts(List<Step.Entry> entries, Queued queued) {
    EntryRows rows = queued.rows();
    scores.fetch(queued.logits(), mixed.wanted());
    hidden.fetch(hidden.address(), mixed.hidden());
    device.synchronize();
    List<EntryResults.Prompt> prompts = new ArrayList<>();
    for (int e = 0; e < entries.size(); e++) {
      prompts.add(
          results.prompt(entries.get(e), scores, rows.firstLogits(e), hidden, rows.firstHidden(e)));
    }
    return prompts;
  }

  private static StepOutput output(
      List<Step.Entry> entries,
      Optional<DeviceSampler.Pending> samples,
      List<EntryResults.Prompt> prompts) {
    List<StepOutput.Result> all = new ArrayList<>(entries.size());
    int sampled = 0;
    for (int e = 0; e < entries.size(); e++) {
      EntryResults.Prompt prompt = prompts.isEmpty() ? EntryResults.Prompt.NONE : prompts.get(e);
      all.add(
          new StepOutput.Result(
              entries.get(e).samples() ? samples.orElseThrow().get(sampled++) : null,
              prompt.scores(),
              prompt.hiddenSum()));
    }
    return new StepOutput(all);
  }

  /** Logits of an output row of the last run in which all were single tokens or few prompts. */
  float[] logits(int output) {
    HostRows row = new HostRows(device, logitsType, config.vocabulary());
    try {
      long rowBytes = (long) config.vocabulary() * logitsType.bytes();
      row.fetch(logits + output * rowBytes, 1);
      device.synchronize();
      return row.floats(0);
    } finally {
      row.close();
    }
  }

  @Override
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {
    DeviceFailures.translated(
        () -> {
          cache.copyPrefix(fromSlot, toSlot, tokens);
          return null;
        });
  }

  @Override
  public void trim(int slot, int tokens) {
    DeviceFailures.translated(
        () -> {
          cache.trim(slot, tokens);
          settle();
          return null;
        });
  }

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
