package platform.deepseek.inference.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.Sample;

/**
 * A model whose next token is a hash of everything in the sequence's slot. It remembers which
 * tokens each slot really holds, so a wrong slot, a stale prefix or an overwritten neighbour is an
 * error at once or a wrong answer.
 */
final class FakeRunner implements ModelRunner {
  static final int VOCABULARY = 97;
  static final int EMBEDDING_LENGTH = 3;
  private static final int GARBAGE = -1;

  private final int[][] content;
  private final int[] filled;
  private final List<Step> steps = new ArrayList<>();
  private RuntimeException nextRunFailure;
  private RuntimeException nextCopyFailure;
  private Runnable beforeRun = () -> {};
  private int copies;
  private boolean closed;

  FakeRunner(int slots, int context) {
    content = new int[slots][context];
    filled = new int[slots];
  }

  /** What the model answers to a prompt when it is alone. */
  static List<Integer> answer(int[] prompt, long seed, int count) {
    var tokens = new ArrayList<Integer>();
    int[] known = prompt;
    for (int i = 0; i < count; i++) {
      int next = next(known, known.length, seed);
      tokens.add(next);
      known = Arrays.copyOf(known, known.length + 1);
      known[known.length - 1] = next;
    }
    return tokens;
  }

  /** The score the model gives to token {@code position} after those before it. */
  static float score(int[] tokens, int position) {
    return -(1 + next(tokens, position, 0)) / 8f;
  }

  /** The sum of the hidden states of the first {@code length} positions. */
  static double[] hiddenSum(int[] tokens, int length) {
    double[] sum = new double[EMBEDDING_LENGTH];
    addHidden(sum, tokens, 0, length);
    return sum;
  }

  private static void addHidden(double[] sum, int[] tokens, int from, int to) {
    for (int position = from; position < to; position++) {
      for (int i = 0; i < EMBEDDING_LENGTH; i++) {
        sum[i] += next(tokens, position + 1, i) / 7.0;
      }
    }
  }

  private static int next(int[] tokens, int length, long seed) {
    long hash = seed;
    for (int i = 0; i < length; i++) {
      hash = (hash ^ tokens[i]) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 29;
    }
    return (int) Math.floorMod(hash, (long) VOCABULARY);
  }

  /** The token itself, or the first after it that the mask allows. */
  private static int nextAllowed(int token, LogitMask mask) {
    int allowed = token;
    while (mask != null && !mask.allows(allowed)) {
      allowed = (allowed + 1) % VOCABULARY;
    }
    return allowed;
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
  public StepOutput run(Step step) {
    beforeRun.run();
    steps.add(step);
    require(!closed, "run after close");
    require(!step.entries().isEmpty(), "an empty step");
    if (nextRunFailure != null) {
      RuntimeException failure = nextRunFailure;
      nextRunFailure = null;
      step.entries().forEach(entry -> spoil(entry.sequence().slot()));
      throw failure;
    }
    var used = new HashSet<Integer>();
    for (Step.Entry entry : step.entries()) {
      require(used.add(entry.sequence().slot()), "a slot twice in a step");
    }
    return new StepOutput(step.entries().stream().map(this::run).toList());
  }

  private void spoil(int slot) {
    Arrays.fill(content[slot], GARBAGE);
    filled[slot] = 0;
  }

  private StepOutput.Result run(Step.Entry entry) {
    Sequence sequence = entry.sequence();
    int slot = sequence.slot();
    int to = entry.from() + entry.count();
    require(entry.count() > 0, "an entry without tokens");
    require(entry.from() == sequence.computed(), "not where the sequence is");
    require(entry.from() <= filled[slot], "a gap before the entry");
    for (int i = 0; i < entry.from(); i++) {
      require(content[slot][i] == sequence.token(i), "foreign content in the slot");
    }
    require(sequence.history().position() == sequence.generated(), "wrong random position");
    sequence.copyTokens(entry.from(), entry.count(), content[slot], entry.from());
    Arrays.fill(content[slot], to, content[slot].length, GARBAGE);
    filled[slot] = to;
    Sample sample = null;
    if (entry.samples()) {
      require(to == sequence.known(), "sampled before the last token");
      int free = next(content[slot], to, sequence.sampling().seed());
      sample = sample(nextAllowed(free, sequence.mask()), Float.NaN);
    }
    return new StepOutput.Result(
        sample,
        entry.scores() ? scores(entry) : List.of(),
        entry.embeds() ? hiddenSum(entry, to) : null);
  }

  private double[] hiddenSum(Step.Entry entry, int to) {
    double[] sum =
        entry.from() == 0 ? new double[EMBEDDING_LENGTH] : entry.sequence().hiddenSum().clone();
    addHidden(sum, content[entry.sequence().slot()], entry.from(), to);
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
    require(filled[fromSlot] >= tokens, "a copy of content that is not there");
    System.arraycopy(content[fromSlot], 0, content[toSlot], 0, tokens);
    Arrays.fill(content[toSlot], tokens, content[toSlot].length, GARBAGE);
    filled[toSlot] = tokens;
    copies++;
  }

  @Override
  public void trim(int slot, int tokens) {
    Arrays.fill(content[slot], tokens, content[slot].length, GARBAGE);
    filled[slot] = Math.min(filled[slot], tokens);
  }

  @Override
  public void close() {
    require(!closed, "closed twice");
    closed = true;
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

  void failNextRun(RuntimeException failure) {
    nextRunFailure = failure;
  }

  void failNextCopy(RuntimeException failure) {
    nextCopyFailure = failure;
  }

  void beforeRun(Runnable action) {
    beforeRun = action;
  }

  private static void require(boolean holds, String complaint) {
    if (!holds) {
      throw new AssertionError(complaint);
    }
  }
}
