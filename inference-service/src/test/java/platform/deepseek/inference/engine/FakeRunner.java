package platform.deepseek.inference.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import platform.deepseek.inference.engine.prefix.SlotBlocks;
import platform.deepseek.inference.sampling.Sample;

/**
 * A model whose next token is a hash of everything in the sequence's slot. It remembers which
 * tokens each slot really holds, so a wrong slot, a stale prefix or an overwritten neighbour is an
 * error at once or a wrong answer.
 *
 * <p>It can be a device: then steps are computed in the order they are started and brought when
 * they are awaited, and the token that a slot sampled last is there for the next step before
 * anybody else knows it.
 */
final class FakeRunner implements ModelRunner {
  static final int VOCABULARY = 97;
  static final int EMBEDDING_LENGTH = 3;
  private static final int GARBAGE = -1;

  private final int stepsAhead;
  private final boolean repeating;
  private final int draftTokens;
  private final int[][] content;
  private final int[] latest;
  private final int[] filled;
  private final List<Step> steps = new ArrayList<>();
  private final Deque<PendingStep> underWay = new ArrayDeque<>();
  private RuntimeException nextRunFailure;
  private RuntimeException nextAwaitFailure;
  private RuntimeException nextCopyFailure;
  private RuntimeException nextTrimFailure;
  private RuntimeException nextWriteFailure;
  private Error nextStagingFailure;
  private volatile RuntimeException statsFailure;

  /** Of a step under way: nothing that is started after it can be right. */
  private RuntimeException failure;

  private AssertionError complaint;
  private Runnable beforeRun = () -> {};
  private Consumer<Step> whileAwaited = step -> {};
  private int memory = Integer.MAX_VALUE;
  private int copies;
  private boolean closed;
  private KvMemory kvMemory;

  FakeRunner(int slots, int context) {
    this(1, slots, context);
  }

  FakeRunner(int stepsAhead, int slots, int context) {
    this(stepsAhead, slots, context, false, 0);
  }

  private FakeRunner(int stepsAhead, int slots, int context, boolean repeating, int draftTokens) {
    this.repeating = repeating;
    this.draftTokens = draftTokens;
    this.stepsAhead = stepsAhead;
    latest = new int[slots];
    content = new int[slots][context];
    filled = new int[slots];
  }

  /**
   * Another model, which takes drafts: most of what it says depends on two tokens before, and there
   * are few, so that it repeats itself; but now and then it says what nobody can guess.
   *
   * @param draftTokens of an entry
   */
  static FakeRunner repeating(int stepsAhead, int slots, int context, int draftTokens) {
    return new FakeRunner(stepsAhead, slots, context, true, draftTokens);
  }

  /** What the model answers to a prompt when it is alone. */
  static List<Integer> answer(int[] prompt, long seed, int count) {
    var tokens = new ArrayList<Integer>();
    int[] known = prompt;
    for (int i = 0; i < count; i++) {
      int next = FakeModel.next(known, known.length, seed);
      tokens.add(next);
      known = Arrays.copyOf(known, known.length + 1);
      known[known.length - 1] = next;
    }
    return tokens;
  }

  /** The score the model gives to token {@code position} after those before it. */
  static float score(int[] tokens, int position) {
    return -(1 + FakeModel.next(tokens, position, 0)) / 8f;
  }

  /** The sum of the hidden states of the first {@code length} positions. */
  static double[] hiddenSum(int[] tokens, int length) {
    double[] sum = new double[EMBEDDING_LENGTH];
    FakeModel.addHidden(sum, tokens, 0, length);
    return sum;
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY;
  }

  @Override
  public int contextLength() {
    return content[0].length;
  }

  @Override
  public int slots() {
    return content.length;
  }

  @Override
  public int embeddingLength() {
    return EMBEDDING_LENGTH;
  }

  @Override
  public Optional<KvMemory> kvMemory() {
    if (statsFailure != null) {
      throw statsFailure;
    }
    return Optional.ofNullable(kvMemory);
  }

  /** It cannot say what its memory is from here on. */
  void failStats(RuntimeException failure) {
    statsFailure = failure;
  }

  /** What it says from here on. */
  void kvMemory(KvMemory said) {
    kvMemory = said;
  }

  /** Four bytes a token: the token itself. */
  @Override
  public Optional<SlotBlocks> slotBlocks() {
    return Optional.of(
        new SlotBlocks() {
          @Override
          public String layout() {
            return "a token in each int";
          }

          @Override
          public int bytes(int tokens) {
            return tokens * Integer.BYTES;
          }

          @Override
          public MemorySegment staging(Arena arena, long bytes) {
            if (nextStagingFailure != null) {
              Error failure = nextStagingFailure;
              nextStagingFailure = null;
              throw failure;
            }
            return arena.allocate(bytes);
          }

          @Override
          public void read(int slot, int from, int tokens, MemorySegment target) {
            require(filled[slot] >= from + tokens, "content is read that is not there");
            MemorySegment.copy(
                content[slot], from, target, ValueLayout.JAVA_INT_UNALIGNED, 0, tokens);
          }

          @Override
          public void write(int slot, int from, int tokens, MemorySegment source) {
            if (nextWriteFailure != null) {
              RuntimeException failure = nextWriteFailure;
              nextWriteFailure = null;
              throw failure;
            }
            require(filled[slot] >= from, "a gap before what is written");
            MemorySegment.copy(
                source, ValueLayout.JAVA_INT_UNALIGNED, 0, content[slot], from, tokens);
            filled[slot] = Math.max(filled[slot], from + tokens);
          }
        });
  }

  void failNextWrite(RuntimeException failure) {
    nextWriteFailure = failure;
  }

  void failNextStaging(Error failure) {
    nextStagingFailure = failure;
  }

  @Override
  public int stepsAhead() {
    return stepsAhead;
  }

  @Override
  public int draftTokens() {
    return draftTokens;
  }

  @Override
  public PendingStep start(Step step) {
    beforeRun.run();
    steps.add(step);
    require(!closed, "run after close");
    require(!step.isEmpty(), "an empty step");
    require(underWay.size() < stepsAhead, "more steps under way than asked for");
    var used = new HashSet<Integer>();
    for (Step.Entry entry : step.entries()) {
      require(used.add(entry.sequence().slot()), "a slot twice in a step");
    }
    if (nextRunFailure != null) {
      RuntimeException failure = nextRunFailure;
      nextRunFailure = null;
      spoil(step, failure);
      throw failure;
    }
    requireMemory(step.tokens());
    if (nextAwaitFailure != null) {
      failure = nextAwaitFailure;
      nextAwaitFailure = null;
    }
    PendingStep pending;
    if (failure == null) {
      StepOutput output = new StepOutput(step.entries().stream().map(this::run).toList());
      pending = pending(step, () -> output);
    } else {
      RuntimeException cause = failure;
      spoil(step, cause);
      pending =
          pending(
              step,
              () -> {
                throw cause;
              });
    }
    underWay.addLast(pending);
    return pending;
  }

  private PendingStep pending(Step step, PendingStep result) {
    return new PendingStep() {
      @Override
      public StepOutput await() {
        require(underWay.pollFirst() == this, "awaited out of order or twice");
        whileAwaited.accept(step);
        failure = underWay.isEmpty() ? null : failure;
        return result.await();
      }
    };
  }

  /** Without memory, what was there before is still right. */
  private void spoil(Step step, RuntimeException failure) {
    for (Step.Entry entry : step.entries()) {
      keep(entry.sequence().slot(), failure instanceof DeviceMemoryException ? entry.from() : 0);
    }
  }

  private void keep(int slot, int tokens) {
    Arrays.fill(content[slot], tokens, content[slot].length, GARBAGE);
    filled[slot] = Math.min(filled[slot], tokens);
  }

  private void requireMemory(int tokens) {
    int held = Arrays.stream(filled).sum();
    if (held + tokens > memory) {
      throw new DeviceMemoryException(
          "%d tokens beside %d in a memory for %d".formatted(tokens, held, memory), null);
    }
  }

  private StepOutput.Result run(Step.Entry entry) {
    Sequence sequence = entry.sequence();
    int slot = sequence.slot();
    int to = entry.from() + entry.count();
    require(entry.count() > 0, "an entry without tokens");
    int known = sequence.known();
    require(stepsAhead > 1 || entry.from() == sequence.computed(), "not where the sequence is");
    require(entry.from() <= filled[slot], "a gap before the entry");
    require(entry.pending() == (entry.from() >= known), "a token that is known is not pending");
    for (int i = 0; i < Math.min(entry.from(), known); i++) {
      require(content[slot][i] == sequence.token(i), "foreign content in the slot");
    }
    if (entry.pending()) {
      content[slot][entry.from()] = latest[slot];
    } else {
      for (int i = entry.from(); i < to; i++) {
        content[slot][i] = entry.token(i);
      }
    }
    require(entry.draft().length() <= draftTokens, "a draft that is longer than asked for");
    Arrays.fill(content[slot], to, content[slot].length, GARBAGE);
    filled[slot] = to;
    return new StepOutput.Result(
        entry.samples() ? samples(entry) : List.of(),
        entry.scores() ? scores(entry) : List.of(),
        entry.embeds() ? hiddenSum(entry, to) : null);
  }

  private List<Sample> samples(Step.Entry entry) {
    Sequence sequence = entry.sequence();
    int slot = sequence.slot();
    int end = entry.from() + entry.certain();
    require(end >= sequence.known(), "sampled before the last token");
    require(entry.samplePosition() == end - sequence.promptLength(), "wrong random position");
    require(entry.draft().isEmpty() || sequence.mask() == null, "a draft and a mask");
    var samples = new ArrayList<Sample>();
    do {
      int to = end + samples.size();
      int free = FakeModel.penalized(following(slot, to, sequence.sampling().seed()), sequence);
      samples.add(sample(FakeModel.nextAllowed(free, sequence.mask()), Float.NaN));
      latest[slot] = samples.getLast().token();
    } while (samples.size() <= entry.draft().length()
        && latest[slot] == entry.draft().tokens().get(samples.size() - 1));
    return samples;
  }

  private int following(int slot, int to, long seed) {
    return repeating
        ? FakeModel.repeated(content[slot], to, seed)
        : FakeModel.next(content[slot], to, seed);
  }

  private double[] hiddenSum(Step.Entry entry, int to) {
    double[] sum =
        entry.from() == 0 ? new double[EMBEDDING_LENGTH] : entry.sequence().hiddenSum().clone();
    FakeModel.addHidden(sum, content[entry.sequence().slot()], entry.from(), to);
    return sum;
  }

  private List<Sample> scores(Step.Entry entry) {
    Sequence sequence = entry.sequence();
    var scores = new ArrayList<Sample>();
    for (int p = entry.from(); p < entry.from() + entry.count(); p++) {
      if (p + 1 < sequence.known()) {
        scores.add(sample(sequence.token(p + 1), score(content[sequence.slot()], p + 1)));
      }
    }
    return scores;
  }

  private static Sample sample(int token, float logprob) {
    return new Sample(token, logprob, List.of());
  }

  @Override
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {
    if (nextCopyFailure != null) {
      RuntimeException failure = nextCopyFailure;
      nextCopyFailure = null;
      throw failure;
    }
    require(fromSlot != toSlot, "a copy onto itself");
    require(failure != null || filled[fromSlot] >= tokens, "a copy of content that is not there");
    requireMemory(tokens);
    System.arraycopy(content[fromSlot], 0, content[toSlot], 0, tokens);
    Arrays.fill(content[toSlot], tokens, content[toSlot].length, GARBAGE);
    filled[toSlot] = tokens;
    copies++;
  }

  @Override
  public void trim(int slot, int tokens) {
    if (nextTrimFailure != null) {
      RuntimeException failure = nextTrimFailure;
      nextTrimFailure = null;
      throw failure;
    }
    keep(slot, tokens);
  }

  @Override
  public void close() {
    require(!closed, "closed twice");
    require(underWay.isEmpty(), "closed with steps under way");
    closed = true;
  }

  /** Whether a step under way will fail. */
  boolean failing() {
    return failure != null;
  }

  /** Steps started and not awaited. */
  int underWay() {
    return underWay.size();
  }

  boolean closed() {
    return closed;
  }

  List<Step> steps() {
    return steps;
  }

  Step lastStep() {
    return steps.getLast();
  }

  int copies() {
    return copies;
  }

  void failNextTrim(RuntimeException failure) {
    nextTrimFailure = failure;
  }

  /** From now on all slots together hold so many tokens. */
  void memory(int tokens) {
    memory = tokens;
  }

  void failNextRun(RuntimeException failure) {
    nextRunFailure = failure;
  }

  /** The next step that is started fails when it is awaited. */
  void failNextAwait(RuntimeException failure) {
    nextAwaitFailure = failure;
  }

  void failNextCopy(RuntimeException failure) {
    nextCopyFailure = failure;
  }

  void whileAwaited(Consumer<Step> action) {
    whileAwaited = action;
  }

  void beforeRun(Runnable action) {
    beforeRun = action;
  }

  /** Throws the first thing that was asked of it and makes no sense. */
  void checkIntegrity() {
    if (complaint != null) {
      throw complaint;
    }
  }

  private void require(boolean holds, String words) {
    if (!holds) {
      complaint = complaint == null ? new AssertionError(words) : complaint;
      throw complaint;
    }
  }
}
